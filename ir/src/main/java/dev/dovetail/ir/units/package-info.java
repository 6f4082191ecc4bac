/**
 * Physical units as types: a figure that crosses a method boundary says what it measures.
 *
 * <p>GB (10^9) and GiB (2^30) are different words here; {@link dev.dovetail.ir.units.UnitCatalog} is the one place that
 * spells units and {@link dev.dovetail.ir.units.UnitPrinter} the one place that prints them.
 */
package dev.dovetail.ir.units;
