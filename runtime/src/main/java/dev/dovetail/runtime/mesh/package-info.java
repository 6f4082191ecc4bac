/** The ranks as a grid of named axes. */
package dev.dovetail.runtime.mesh;
