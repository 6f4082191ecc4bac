/** What failures and checkpoints make of a run: how often to save, and how much of the time counts. */
package dev.dovetail.optimizer.goodput;
