package dev.dovetail.ir.op;

/**
 * Rows that a call leaves for the next while decoding: a ring along {@code rows}, in which position p lies at p modulo its
 * length. {@link CacheWrite} fills it.
 *
 * @param rows the ring's dim
 * @param start launch symbol of the first fresh position; what would lie before position 0 is zero
 */
public record Carried(String rows, String start) {}
