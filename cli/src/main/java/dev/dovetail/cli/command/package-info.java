/** The subcommands, one file each. */
package dev.dovetail.cli.command;
