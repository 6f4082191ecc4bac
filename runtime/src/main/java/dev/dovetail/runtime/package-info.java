/** Executes programs: what ships inside a generated job, without the compiler. */
package dev.dovetail.runtime;
