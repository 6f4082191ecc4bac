/** The system's compilers: nvcc for devices, and a C++ compiler for running kernels on the CPU. */
package dev.dovetail.backends.cuda.compile;
