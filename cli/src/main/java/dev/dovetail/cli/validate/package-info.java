/** Predictions held against measurements. */
package dev.dovetail.cli.validate;
