package dev.dovetail.runtime.sample;

/** A model that takes noise off pictures. */
public interface DenoiseProgram extends SampleProgram<Denoiser> {}
