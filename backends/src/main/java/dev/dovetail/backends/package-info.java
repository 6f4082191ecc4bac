/** Turns a program into things that run or are read: kernels, jobs, launch files, reports. */
package dev.dovetail.backends;
