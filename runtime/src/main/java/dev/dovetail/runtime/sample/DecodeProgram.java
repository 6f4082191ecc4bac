package dev.dovetail.runtime.sample;

/** A model that continues a text. */
public interface DecodeProgram extends SampleProgram<Decoder> {}
