/** The only package that sees OR-Tools: small coupled choices solved exactly. */
package dev.dovetail.optimizer.solver;
