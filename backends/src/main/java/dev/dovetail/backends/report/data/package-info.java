/** What a report shows, and nothing it does not: each record is one part of the page. */
package dev.dovetail.backends.report.data;
