package dev.dovetail.backends.cuda.compile;

import java.util.Locale;

/** Device generations kernels are compiled for; numbers are compute capabilities (CUDA C++ Programming Guide 13.0, 16.2). */
public enum GpuArchitecture {
    /** A100. */
    SM_80(80),
    /** H100, H200. */
    SM_90(90),
    /** B200, GB200. */
    SM_100(100);

    private final int capability;

    GpuArchitecture(int capability) {
        this.capability = capability;
    }

    public int capability() {
        return capability;
    }

    /** As nvcc spells it, such as {@code sm_90}. */
    public String spelling() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The {@code -gencode} of machine code for this generation alone. */
    String gencode() {
        return "arch=compute_" + capability + ",code=sm_" + capability;
    }
}
