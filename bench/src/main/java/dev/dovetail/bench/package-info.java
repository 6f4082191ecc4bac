/** Micro-benchmarks; each class says in its documentation how to run it. */
package dev.dovetail.bench;
