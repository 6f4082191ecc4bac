/** What was measured of the machine at hand, and the laws that kernel times follow. */
package dev.dovetail.ir.calibration;
