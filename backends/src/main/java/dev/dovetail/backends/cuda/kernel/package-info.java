/** Skeletons of kernels, one operator each; a skeleton's text is fixed, its constants come from the plan's shapes. */
package dev.dovetail.backends.cuda.kernel;
