/** What a run left in its folder, read back: the files are the interface, the runtime is not seen from here. */
package dev.dovetail.backends.report.run;
