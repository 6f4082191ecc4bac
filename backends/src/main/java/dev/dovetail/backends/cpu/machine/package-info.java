/** The processor at hand: what it is, and what one of its cores can do at best. */
package dev.dovetail.backends.cpu.machine;
