/** Specs as commands need them: read, checked, and every mistake shown where it was made. */
package dev.dovetail.cli.spec;
