/** What was written: the syntax tree of a spec, with the place of every piece. Knows nothing of what it means. */
package dev.dovetail.grammar.syntax;
