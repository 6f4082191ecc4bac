/** Spec text to syntax tree. The only package that sees the parser generator; what it reports is in our own words. */
package dev.dovetail.grammar.parse;
