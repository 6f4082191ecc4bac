package dev.dovetail.runtime.memory;

/** A rank's memory on a device that computes on it. */
public interface DeviceMemory extends RankMemory {
    /**
     * Launches a kernel of the job on this memory, after everything asked for before; does not wait for it.
     *
     * @param entry the kernel's name in the job's module
     * @param threads of each block
     * @param parameters offsets into this memory, whole numbers, or the bits of doubles, as the kernel lists them
     */
    void launch(String entry, int gridX, int gridY, int gridZ, int threads, long... parameters);
}
