/** How far off predictions were where others measured; written by {@code dovetail validate --bars}. */
package dev.dovetail.optimizer.accuracy;
