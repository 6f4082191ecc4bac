/**
 * Ways to run a job on a cluster. Each technique is one file: what it leaves to decide, which values make sense, when they
 * clash with others, and where it was published. The search composes them and names none.
 */
package dev.dovetail.optimizer.technique;
