package dev.dovetail.cli.compile;

import java.util.Locale;

/** What the ranks of a job on this machine compute on. */
public enum ComputeDevice {
    /** Its processor. */
    CPU,
    /** Its NVIDIA GPUs. */
    CUDA,
    /** The GPU's kernels as fibers on the processor: slow, and to be tried anywhere. */
    EMULATED;

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
