/** One file per family of kernels: how an operator becomes a tree of loops for given shapes and a given processor. */
package dev.dovetail.backends.cpu.family;
