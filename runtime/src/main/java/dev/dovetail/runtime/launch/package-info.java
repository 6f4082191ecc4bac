/** Who started this process: a rank's number, how many there are, and where they meet, read from its environment. */
package dev.dovetail.runtime.launch;
