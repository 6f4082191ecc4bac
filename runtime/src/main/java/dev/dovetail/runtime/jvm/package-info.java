/** The Java virtual machine that ranks run in: its flags, its Vector API, and starting it again with both. */
package dev.dovetail.runtime.jvm;
