/** Devices that generated kernels can be checked on, and how the outcome is told. */
package dev.dovetail.cli.kernels;
