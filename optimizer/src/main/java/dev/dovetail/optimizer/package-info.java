/** Turns a problem into a plan with a proven bound, and a plan into a program. */
package dev.dovetail.optimizer;
