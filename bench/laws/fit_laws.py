#!/usr/bin/env python3
"""Fits the laws of optimizer/law to tables of measured operators; needs numpy and scipy.

  fit_laws.py GEMM.csv [ATTENTION.csv]

GEMM.csv: system,framework,dtype,m,n,k,latency_ms; ATTENTION.csv: system,framework,attn_dtype,batch_size,isl,num_heads,num_kv_heads,
head_dim,latency_ms; both as AIConfigurator's data reads in CSV (ai-dynamo/aiconfigurator at 095f58a5). Prints, for each system and
format, the parameters in the order of MatMulLaw and AttentionLaw, and the error they leave. DeviceLaws holds rounded copies.
"""

import csv
import sys

import numpy as np
from scipy.optimize import least_squares

# cores, dense bf16 FLOP/s, bytes/s
DEVICES = {
    "a100_sxm": (108, 312e12, 2.039e12),
    "h100_sxm": (132, 989e12, 3.35e12),
    "h200_sxm": (132, 989e12, 4.8e12),
    "b200_sxm": (148, 2250e12, 8e12),
    "gb200": (148, 2500e12, 8e12),
    "l40s": (142, 362e12, 0.864e12),
}
RATE = {"bfloat16": 1, "fp8": 2, "fp8_block": 2, "nvfp4": 4}
OPERAND_BYTES = {"bfloat16": 2, "fp8": 1, "fp8_block": 1.03, "nvfp4": 0.5625}
TILES = [(256, 128), (128, 256), (128, 128), (128, 64), (64, 128), (64, 64)]
LEAST_ROWS = 128


def product_seconds(m, n, k, p, cores, peak, bandwidth, operand_bytes):
    """MatMulLaw.seconds, and the conversion of the left operand: p = share, three relative rates, fill us, launch us,
    quantisation, memory share, bytes converted an element."""
    share, mid, flat, small, fill, launch, quantisation, memory, convert = p
    relative = [1, 1, mid, flat, flat, small]
    best = np.full(len(m), np.inf)
    for (rows, columns), rate in zip(TILES, relative):
        for split in (1, 2, 4, 8):
            full = np.ceil(m / rows) * np.ceil(n / columns) * split / cores
            waves = np.where(full < 1, 1, quantisation * np.ceil(full) + (1 - quantisation) * full)
            depth = np.ceil(k / split / 64) * 64
            time = waves * (2 * rows * columns * depth / (peak * share * rate / cores) + fill * 1e-6)
            if split > 1:
                time = time + launch * 1e-6 + 2 * split * m * n / (bandwidth * memory)
                time = np.where(k / split >= 256, time, np.inf)
            best = np.minimum(best, time)
    moved = (operand_bytes * (m * k + k * n) + 2 * m * n) / (bandwidth * memory)
    return launch * 1e-6 + (best**6 + moved**6) ** (1 / 6) + convert * m * k / (bandwidth * 0.82)


def fit(name, seconds, measured, start, low, high):
    found = least_squares(
        lambda p: np.log(seconds(p) / measured), start, bounds=(low, high), loss="soft_l1", f_scale=0.05
    )
    error = np.abs(np.expm1(found.fun))
    print(name, len(measured), np.round(found.x, 3), f"median {np.median(error):.1%} 90th {np.quantile(error, 0.9):.1%}")


def products(path):
    groups = {}
    for row in csv.DictReader(open(path)):
        if row["system"] in DEVICES and row["dtype"] in RATE and int(row["m"]) >= LEAST_ROWS:
            cells = [float(row[c]) for c in ("m", "n", "k", "latency_ms")]
            groups.setdefault((row["system"], row["framework"], row["dtype"]), []).append(cells)
    for key, rows in sorted(groups.items()):
        m, n, k, ms = np.array(rows).T
        cores, peak, bandwidth = DEVICES[key[0]]
        narrow = key[2] != "bfloat16"

        def seconds(p):
            return product_seconds(m, n, k, p, cores, peak * RATE[key[2]], bandwidth, OPERAND_BYTES[key[2]])

        fit(
            key,
            seconds,
            ms * 1e-3,
            [0.7, 0.95, 0.8, 0.7, 1.5, 3, 0.3, 0.75, 4 if narrow else 0.5e-6],
            [0.2, 0.4, 0.2, 0.1, 0, 0, 0, 0.3, 0],
            [1.1, 1.001, 1, 1, 12, 40, 1, 1, 12 if narrow else 1e-6],
        )


def attention(path):
    groups = {}
    for row in csv.DictReader(open(path)):
        if row["system"] in DEVICES and int(row["isl"]) >= 256:
            cells = [float(row[c]) for c in ("batch_size", "isl", "num_heads", "latency_ms")]
            groups.setdefault((row["system"], row["framework"], row["attn_dtype"], int(row["head_dim"])), []).append(cells)
    for key, rows in sorted(groups.items()):
        batch, keys, heads, ms = np.array([r for r in rows if r[0] * r[1] * r[2] >= 16384]).T
        flops = 2 * batch * heads * keys * keys * key[3]
        peak = DEVICES[key[0]][1]
        fit(
            key,
            lambda p: p[0] * 1e-6 + flops * (1 + p[2] / keys) / (peak * p[1]),
            ms * 1e-3,
            [10, 0.6, 500],
            [0, 0.05, 0],
            [60, 2, 4000],
        )


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    products(sys.argv[1])
    for table in sys.argv[2:]:
        attention(table)
