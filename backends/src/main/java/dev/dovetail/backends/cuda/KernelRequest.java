package dev.dovetail.backends.cuda;

/** A kernel to be generated: its name, what it computes and who asked for it. */
public record KernelRequest(String name, KernelWork work, KernelProvenance provenance) {}
