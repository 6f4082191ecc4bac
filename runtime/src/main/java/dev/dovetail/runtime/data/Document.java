package dev.dovetail.runtime.data;

/** One text with the path that decides whether it is held out. */
public record Document(String path, byte[] bytes) {}
