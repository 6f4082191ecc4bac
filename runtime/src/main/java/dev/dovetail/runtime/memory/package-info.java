/** A rank's one arena, and the ledger of what is in use of it. */
package dev.dovetail.runtime.memory;
