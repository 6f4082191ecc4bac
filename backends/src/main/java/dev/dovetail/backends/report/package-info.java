/** The report: one page and one trace that show a plan, why it won, and what a run made of it. */
package dev.dovetail.backends.report;
