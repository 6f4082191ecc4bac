"""Measures one variant of the quickstart, or draws what was measured; see curve.sh."""

import csv
import json
import math
import os
import subprocess
import sys
import time

COLUMNS = ["date", "width", "batch", "steps", "cpu_seconds", "fresh_bits_per_byte", "held_out_bits_per_byte"]
POINTS = 12


def processor_seconds(folder):
    """What the job that runs in this folder has used so far, all its threads together; None while it does not run."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                words = file.read().split(b"\0")
            if b"-jar" in words and f"{folder}/job.jar".encode() in words:
                with open(f"/proc/{pid}/stat") as file:
                    ticks = file.read().rsplit(")", 1)[1].split()[11:13]
                return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")
        except OSError:
            continue  # ended meanwhile
    return None


def losses(folder):
    try:
        with open(f"{folder}/metrics.jsonl") as file:
            return [json.loads(line)["loss"] for line in file if line.endswith("\n")]
    except OSError:
        return []


def measure(folder, variant, table):
    width, batch, steps = (int(part) for part in variant.split("x"))
    run = subprocess.Popen(
        ["./dovetail", "run", "specs/quickstart.dove", "--json", "-o", folder, "--set", f"width={width}",
         "--set", f"train.batch={batch} sequences", "--set", f"train.steps={steps}"],
        stdout=subprocess.PIPE)
    seen = []
    while len(losses(folder)) < steps and run.poll() is None:
        seconds = processor_seconds(folder)
        done = len(losses(folder))
        if seconds is not None and done >= steps / 4:
            seen.append((done, seconds))
        time.sleep(0.5)
    answer = json.loads(run.communicate()[0])
    (first, began), (last, ended) = seen[0], seen[-1]
    per_step = (ended - began) / (last - first)
    rows = []
    for point in range(1, POINTS + 1):
        at = round(steps * point / POINTS)
        recent = answer["loss"][max(0, at - steps // POINTS):at]
        bits = sum(recent) / len(recent) / math.log(2)
        held_out = f"{answer['held_out_bits_per_byte']:.3f}" if at == steps else ""
        rows.append([time.strftime("%Y-%m-%d"), width, batch, at, f"{at * per_step:.1f}", f"{bits:.3f}", held_out])
    fresh = not os.path.exists(table)
    with open(table, "a", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerows([COLUMNS] * fresh + rows)
    print(f"{variant}: {per_step * steps:.0f} CPU s, {answer['held_out_bits_per_byte']:.3f} bits per byte", flush=True)


def draw(table, picture):
    try:
        import matplotlib
    except ImportError:
        sys.exit(f"{table} is written; drawing it needs matplotlib (apt install python3-matplotlib)")
    matplotlib.use("svg")
    import matplotlib.pyplot as plot

    plot.rcParams["svg.hashsalt"] = "dovetail"  # same table, same picture
    variants = {}
    with open(table, newline="") as file:
        for row in csv.DictReader(file):
            variants.setdefault((int(row["width"]), int(row["batch"])), []).append(row)
    figure, axes = plot.subplots(figsize=(7, 4.2))
    for (width, batch), rows in variants.items():
        line, = axes.plot([float(r["cpu_seconds"]) for r in rows], [float(r["fresh_bits_per_byte"]) for r in rows],
                          label=f"width {width}, batch {batch}")
        judged = [r for r in rows if r["held_out_bits_per_byte"]]
        axes.plot([float(r["cpu_seconds"]) for r in judged], [float(r["held_out_bits_per_byte"]) for r in judged], "o",
                  color=line.get_color())
    axes.set(xlabel="processor seconds of training", ylabel="bits per byte",
             title="lines: training text before it is learnt; dots: held-out files")
    axes.set_ylim(1.8, 4)
    axes.grid(alpha=0.3)
    axes.legend()
    figure.tight_layout()
    figure.savefig(picture, metadata={"Date": None})


if __name__ == "__main__":
    {"measure": measure, "draw": draw}[sys.argv[1]](*sys.argv[2:])
