package dev.dovetail.backends.cuda.compile;

/**
 * What one entry takes of a multiprocessor, as ptxas reports it.
 *
 * @param architecture such as {@code sm_90}
 * @param registers per thread, in 32-bit registers
 * @param sharedBytes static shared memory per block
 * @param stackBytes local memory per thread
 * @param spillStoreBytes bytes of registers stored to local memory, per thread
 * @param spillLoadBytes bytes loaded back
 */
public record KernelResources(
        String entry,
        String architecture,
        int registers,
        int sharedBytes,
        int stackBytes,
        int spillStoreBytes,
        int spillLoadBytes) {

    public boolean spills() {
        return spillStoreBytes > 0 || spillLoadBytes > 0;
    }
}
