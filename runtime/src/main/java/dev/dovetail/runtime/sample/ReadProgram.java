package dev.dovetail.runtime.sample;

/** A model that reads samples whole. */
public interface ReadProgram extends SampleProgram<ReadPass> {}
