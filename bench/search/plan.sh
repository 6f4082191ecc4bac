#!/bin/sh
# How fast plans are found: for each spec here, plans considered, sets of plans ruled out, both per second of the search, the proved
# gap, seconds of the whole command with the start of its JVM, and seconds of processors, which tell more where others are at work too.
#
#   bench/search/plan.sh [SPEC...]
#
# Run it on a quiet machine. The plan itself is the same however busy the machine is. LIMIT=SECONDS stops each search after as long.
set -eu
cd "$(dirname "$0")/../.."
[ $# -gt 0 ] || set -- bench/search/*.dove specs/deepseek-v3-pretrain.dove specs/jamba-pretrain.dove
./dovetail --version > /dev/null
for spec in "$@"; do
    python3 - "$spec" "${LIMIT:-600}" <<'PY'
import json, os, resource, subprocess, sys, tempfile, time
spec, limit = sys.argv[1:]

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

name = f"{os.path.basename(spec):24}"
with tempfile.TemporaryDirectory() as out:
    began = time.time()
    command = ["timeout", limit, "./dovetail", "compile", spec, "--emit=plan", "--json", "-o", out]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    seconds = time.time() - began
used = resource.getrusage(resource.RUSAGE_CHILDREN)
processor = used.ru_utime + used.ru_stime
search = find(json.loads(done.stdout), "search") if done.stdout.startswith("{") else None
if search is None:
    print(f"{name} no plan after {seconds:.1f} s, {processor:.1f} of processors: exit {done.returncode} {done.stderr.strip()[:200]}")
else:
    considered, pruned, searching = (search[n] for n in ("plans_considered", "plans_pruned", "seconds"))
    gap = find(json.loads(done.stdout), "gap")
    print(f"{name} {considered:8} considered {pruned:8} ruled out {(considered + pruned) / searching:9.0f} a second; "
          f"search {searching:.2f} s, command {seconds:.2f} s, processors {processor:.1f} s; gap {gap}")
PY
done
