/** What rank code sees, and what it must provide. */
package dev.dovetail.runtime.rank;
