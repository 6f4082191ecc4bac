/** Scripts and manifests that start {@code job.jar} on several hosts; one file for each launcher. */
package dev.dovetail.backends.launch.job;
