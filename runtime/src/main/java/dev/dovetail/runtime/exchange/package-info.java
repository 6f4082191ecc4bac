/** Weights in the files of other systems. */
package dev.dovetail.runtime.exchange;
