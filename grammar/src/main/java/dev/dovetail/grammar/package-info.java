/** Turns spec text into a syntax tree, and the tree into a problem. */
package dev.dovetail.grammar;
