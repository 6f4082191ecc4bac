/** Files that start a planned job elsewhere: Dovetail's own on other hosts, or another system that trains. */
package dev.dovetail.backends.launch;
