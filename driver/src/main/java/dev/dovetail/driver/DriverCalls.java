package dev.dovetail.driver;

import jcuda.driver.CUresult;

/** Turns the driver's result codes into exceptions. */
final class DriverCalls {
    private DriverCalls() {}

    /**
     * Throws where a call failed.
     *
     * @param call what was called, on what
     * @param result what the driver answered
     */
    static void check(String call, int result) {
        if (result != CUresult.CUDA_SUCCESS) {
            throw new CudaException(call + ": " + CUresult.stringFor(result));
        }
    }
}
