/** What ranks say to each other: point-to-point messages and collectives as algorithms over a transport. */
package dev.dovetail.runtime.collective;
