/** Plans and runs shown: report files, and trees, timelines and tables on the terminal. */
package dev.dovetail.cli.report;
