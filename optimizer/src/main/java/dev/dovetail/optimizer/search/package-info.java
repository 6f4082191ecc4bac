/** Exact search over what techniques leave to decide: branch and bound with bounds that never overstate. */
package dev.dovetail.optimizer.search;
