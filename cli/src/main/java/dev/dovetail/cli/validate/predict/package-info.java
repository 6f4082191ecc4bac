/** Rows through the planner. */
package dev.dovetail.cli.validate.predict;
