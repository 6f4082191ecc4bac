package dev.dovetail.backends.launch;

/**
 * A file of the folder {@code launch/}.
 *
 * @param name without the folder
 */
public record LaunchFile(String name, String text) {}
