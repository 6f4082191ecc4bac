/** The page: one section a file, each written from its part of the data; scripts and styles are resources. */
package dev.dovetail.backends.report.page;
