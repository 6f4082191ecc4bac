package dev.dovetail.backends.java;

import dev.dovetail.ir.program.Program;

/**
 * The decode form of a job's model.
 *
 * @param program one rank; its sequence is the most fresh tokens a call takes
 * @param context positions its cache holds
 */
public record Decoding(Program program, int context) {}
