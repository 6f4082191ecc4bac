/** How long kernels and exchanges take on a device: laws fitted to published operator measurements, relative to the roofline. */
package dev.dovetail.optimizer.law;
