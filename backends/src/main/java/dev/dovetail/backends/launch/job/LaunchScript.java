package dev.dovetail.backends.launch.job;

import dev.dovetail.backends.launch.LaunchFile;

/** Writes what one launcher needs to start a job's ranks. One file each, and one line in {@link LaunchScriptCatalog}. */
public interface LaunchScript {
    LaunchFile write(JobLaunch job);
}
