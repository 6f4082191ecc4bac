package dev.dovetail.runtime.sample;

/** A model that says something of pictures. */
public interface ReadProgram extends SampleProgram<PictureReader> {}
