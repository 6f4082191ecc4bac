package dev.dovetail.runtime.launch;

/**
 * A program that starts a job's ranks as processes, perhaps on many hosts, and tells each its place by environment
 * variables. One file each, and one line in {@link LauncherCatalog}.
 */
public interface Launcher {

    /** As `--launcher` names it. */
    String name();

    /** Whether it started this process as one of several. */
    boolean started(Environment environment);

    /**
     * This process's place.
     *
     * @throws LaunchException when a variable is missing or makes no sense
     */
    Seat seat(Environment environment);
}
