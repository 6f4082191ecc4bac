#!/bin/sh
# The curve behind the quickstart's width, batch and steps: bits per byte against processor time.
#
#   bench/quickstart/curve.sh WIDTHxBATCHxSTEPS...      appends to bench/quickstart/curve.csv, then draws bench/quickstart/curve.svg
#   bench/quickstart/curve.sh 128x32x600 128x16x1200
#
# Each variant is trained once. On the way its bits per byte are those of the text it is about to learn from: none of it is seen
# twice, so that is a fair judge, if a rough one. At the end they are those of held-out files too. Processor time is that of a steady
# step, taken over the last three quarters of the run from the process itself, so other programs do not count, though they do slow
# what they share caches with.
set -eu
cd "$(dirname "$0")/../.."
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
./dovetail --version > /dev/null  # builds where it has to
for variant in "$@"; do
    python3 bench/quickstart/curve.py measure "$out/$variant" "$variant" bench/quickstart/curve.csv
done
python3 bench/quickstart/curve.py draw bench/quickstart/curve.csv bench/quickstart/curve.svg
