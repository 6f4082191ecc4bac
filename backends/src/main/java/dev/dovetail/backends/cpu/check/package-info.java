/** Holds generated kernels against their float64 references, and against the machine's ceilings. */
package dev.dovetail.backends.cpu.check;
