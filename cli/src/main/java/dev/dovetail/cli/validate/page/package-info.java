/** Scores on the terminal, as rows of a file, and as a page. */
package dev.dovetail.cli.validate.page;
