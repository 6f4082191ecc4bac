/** The {@code dovetail} command: wires the other modules and owns terminal output. */
package dev.dovetail.cli;
