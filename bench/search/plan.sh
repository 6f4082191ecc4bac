#!/bin/sh
# How fast plans are found: for each spec here, plans considered, sets of plans ruled out, both per second of the search, the proved
# gap, and seconds of the whole command with the start of its JVM.
#
#   bench/search/plan.sh [SPEC...]
#
# Run it on a quiet machine. The plan itself is the same however busy the machine is.
set -eu
cd "$(dirname "$0")/../.."
[ $# -gt 0 ] || set -- bench/search/*.dove
./dovetail --version > /dev/null
for spec in "$@"; do
    out=$(mktemp -d)
    begin=$(date +%s.%N)
    ./dovetail compile "$spec" --emit=plan --json -o "$out" > "$out/answer.json"
    end=$(date +%s.%N)
    python3 - "$spec" "$out/answer.json" "$begin" "$end" <<'PY'
import json, os, sys
spec, path, begin, end = sys.argv[1:]

def find(node, name):
    if isinstance(node, dict):
        if name in node:
            return node[name]
        node = list(node.values())
    if isinstance(node, list):
        for inner in node:
            found = find(inner, name)
            if found is not None:
                return found
    return None

answer = json.load(open(path))
search = find(answer, "search")
considered, pruned, seconds = (search[n] for n in ("plans_considered", "plans_pruned", "seconds"))
print(f"{os.path.basename(spec):24} {considered:8} considered {pruned:8} ruled out {(considered + pruned) / seconds:9.0f} a second; "
      f"search {seconds:.2f} s, command {float(end) - float(begin):.2f} s; gap {find(answer, 'gap')}")
PY
    rm -rf "$out"
done
