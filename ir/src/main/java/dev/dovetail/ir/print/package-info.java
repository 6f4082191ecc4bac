/** The printed forms of graphs and programs, for people. */
package dev.dovetail.ir.print;
