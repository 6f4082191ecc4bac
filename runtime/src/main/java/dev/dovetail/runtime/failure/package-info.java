/** Failures a user can act on, and how a process ends. */
package dev.dovetail.runtime.failure;
