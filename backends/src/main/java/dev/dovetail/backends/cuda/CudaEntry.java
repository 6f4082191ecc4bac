package dev.dovetail.backends.cuda;

/** One {@code __global__} function of a kernel's file and the shape it is launched with. */
public record CudaEntry(String name, LaunchShape shape) {}
