package dev.dovetail.optimizer.law;

/**
 * Products in a narrow format: operands are converted, then multiplied at the rate the device lists for them.
 *
 * @param product of the narrow operands
 * @param operandBytes of one narrow element, its share of the scales included
 * @param convertBytes that cross memory to convert one element of an activation: reading it, its largest magnitude, writing it
 */
public record FormatLaw(MatMulLaw product, double operandBytes, double convertBytes) {}
