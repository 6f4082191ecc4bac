/** Why a plan is the way it is: what limits it, what the others lose, what would change it. */
package dev.dovetail.optimizer.explain;
