/** Ranks that compute on NVIDIA GPUs. Shipped with jobs that do; others never load it. */
package dev.dovetail.runtime.cuda;
