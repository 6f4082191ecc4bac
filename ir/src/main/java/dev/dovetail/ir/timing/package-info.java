/** A virtual clock over a program: when each pipeline stage does what, given what each instruction costs. */
package dev.dovetail.ir.timing;
