/** Samples on their way to a model: who prepares them, and whether they come in time (FastFlow). */
package dev.dovetail.optimizer.input;
