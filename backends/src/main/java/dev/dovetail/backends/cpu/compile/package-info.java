/** Compiles generated kernels with the JDK's own compiler and launches them. */
package dev.dovetail.backends.cpu.compile;
