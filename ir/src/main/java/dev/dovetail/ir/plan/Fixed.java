package dev.dovetail.ir.plan;

import dev.dovetail.ir.spec.Origin;

/** A decision's value as the spec writes it ({@code 8}, {@code selective}, {@code 1f1b}), and where. */
public record Fixed(String value, Origin origin) {}
