/** The software that runs a plan: which kernels it has, what it repeats, what it overlaps. */
package dev.dovetail.optimizer.engine;
