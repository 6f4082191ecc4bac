/** The nouns of Dovetail and the pure functions over them; depends on nothing and does no I/O but JSON. */
package dev.dovetail.ir;
