/**
 * Core operators to CUDA C++: one readable file per kernel, specialised to the shapes of a plan.
 *
 * <p>{@code CudaGenerator} turns a {@code KernelWork} into a {@code CudaKernel}; {@code compile} hands it to nvcc, {@code
 * device} loads and launches it through the driver API, {@code emulator} runs the same text on a CPU.
 */
package dev.dovetail.backends.cuda;
