/** Prints loop kernels as source code; one printer per language, none of which knows an operator. */
package dev.dovetail.backends.cpu.print;
