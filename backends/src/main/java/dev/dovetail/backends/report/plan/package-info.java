/** From a plan, its program and its timeline to what a report shows. */
package dev.dovetail.backends.report.plan;
