/** Loads, launches, times and checks generated kernels through the CUDA driver API. JCuda stays in here. */
package dev.dovetail.backends.cuda.device;
