package dev.dovetail.backends.cpu;

/** One generated source file. */
public record KernelSource(KernelName name, String text) {}
