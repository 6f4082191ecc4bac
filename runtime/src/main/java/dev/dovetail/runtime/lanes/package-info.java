/** Arithmetic on the lanes of vectors that gives the same bits however the virtual machine runs it. */
package dev.dovetail.runtime.lanes;
