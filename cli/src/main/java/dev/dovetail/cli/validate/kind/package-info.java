/** Kinds of tables, one file each: which columns tell it, and how its rows are predicted. */
package dev.dovetail.cli.validate.kind;
