/**
 * CPU kernels as trees of loops, before any language is chosen: one tree per kernel, printed to Java today.
 *
 * <p>Nothing here may know the language it will be printed in, nor the operator it came from.
 */
package dev.dovetail.backends.cpu.loop;
