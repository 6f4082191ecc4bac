/** Loads, launches, times and checks generated kernels on a device. */
package dev.dovetail.backends.cuda.device;
