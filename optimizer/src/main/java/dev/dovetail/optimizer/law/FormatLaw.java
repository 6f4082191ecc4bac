package dev.dovetail.optimizer.law;

/**
 * Products in a narrow format: operands are converted, then multiplied at a multiple of the 16-bit rate.
 *
 * @param rate times the 16-bit peak
 * @param product of the narrow operands
 * @param operandBytes of one narrow element, its share of the scales included
 * @param convertBytes that cross memory to convert one element of an activation: reading it, its largest magnitude, writing it
 */
public record FormatLaw(double rate, MatMulLaw product, double operandBytes, double convertBytes) {}
