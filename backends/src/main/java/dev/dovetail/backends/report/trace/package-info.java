/** Traces for Perfetto and other viewers of the Chrome trace format. */
package dev.dovetail.backends.report.trace;
