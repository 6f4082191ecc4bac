/** Plans as launch files of systems that others maintain: one file for each system. */
package dev.dovetail.backends.launch.handover;
