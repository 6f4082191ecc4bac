/** Saved state: global tensors in pieces, written atomically, read by ranks of any plan. */
package dev.dovetail.runtime.checkpoint;
