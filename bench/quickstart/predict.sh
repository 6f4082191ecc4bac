#!/bin/sh
# How well the quickstart's step is predicted: plans, runs 100 steps, and prints predicted against measured, a few times.
#
#   bench/quickstart/predict.sh [RUNS]
#
# The prediction is printed before step 1 and comes from `dovetail calibrate`, which times kernels of its own sizes, never this
# spec's program. Measured is the median of the steps that are timed. Run it on a quiet machine: other load slows the run, not
# the prediction.
set -eu
cd "$(dirname "$0")/../.."
runs=${1:-3}
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
for run in $(seq "$runs"); do
    ./dovetail run specs/quickstart.dove --set train.steps=100 --fresh --json -o "$out" > "$out/answer.json"
    python3 - "$out/answer.json" <<'PY'
import json, sys
answer = json.load(open(sys.argv[1]))
measured, predicted = answer["measured"], answer["predicted"]
m, p = measured["step_seconds"], predicted["step_seconds"]
print(f"step: measured {m*1e3:.1f} ms, predicted {p*1e3:.1f} ms, predicted/measured - 1 = {100*(p/m-1):+.1f} %")
m, p = measured["memory_bytes_per_device"], predicted["memory_bytes_per_device"]
print(f"memory: measured peak {m/2**20:.2f} MiB, predicted {p/2**20:.2f} MiB, measured/predicted = {m/p:.4f}")
PY
done
