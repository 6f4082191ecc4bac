/** The training loop: ranks as threads or processes, reports, checkpoints, the record of a run. */
package dev.dovetail.runtime.train;
