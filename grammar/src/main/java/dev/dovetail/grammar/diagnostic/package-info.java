/** What is wrong with a spec, said at the place where it is wrong. Our own bugs are exceptions, never diagnostics. */
package dev.dovetail.grammar.diagnostic;
