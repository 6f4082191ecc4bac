/** Checks that a program keeps its own promises: about memory, messages and exchanges. */
package dev.dovetail.ir.verify;
