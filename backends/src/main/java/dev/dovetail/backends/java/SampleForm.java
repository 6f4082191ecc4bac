package dev.dovetail.backends.java;

import dev.dovetail.ir.program.Program;

/** A job's trained model as it is used: the program of one rank. */
public sealed interface SampleForm {
    Program program();

    /**
     * It continues a text.
     *
     * @param program its sequence is the most fresh tokens a call takes
     * @param context positions its cache holds
     */
    record Decoding(Program program, int context) implements SampleForm {}

    /**
     * It takes noise off pictures.
     *
     * @param program its micro-batch is the pictures of a call
     */
    record Denoising(Program program) implements SampleForm {}

    /**
     * It says what it sees in pictures.
     *
     * @param program its micro-batch is the pictures of a call
     */
    record Reading(Program program) implements SampleForm {}

    /**
     * It fills in what is hidden of a text.
     *
     * @param program its micro-batch is the pieces of text of a call
     */
    record Filling(Program program) implements SampleForm {}
}
