/** How output looks to whoever reads it: colour, width and progress, or plain lines. */
package dev.dovetail.cli.terminal;
