/** The clock that rank code may look at. */
package dev.dovetail.runtime.time;
