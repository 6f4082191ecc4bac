/** Runs generated kernels on the CPU behind the CUDA driver's own interface. */
package dev.dovetail.backends.cuda.emulator;
