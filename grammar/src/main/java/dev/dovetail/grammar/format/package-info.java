/** The canonical layout of a spec. Formatting never changes what a spec says, and formatting twice changes nothing. */
package dev.dovetail.grammar.format;
