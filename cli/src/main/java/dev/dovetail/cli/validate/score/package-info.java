/** Rows as measured and predicted, and how far the two are apart. */
package dev.dovetail.cli.validate.score;
