/** Tables of measurements as they lie in files. */
package dev.dovetail.cli.validate.table;
