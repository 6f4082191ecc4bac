package dev.dovetail.backends.launch.job;

import dev.dovetail.ir.units.Bytes;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * What starting a job takes.
 *
 * @param name of the job
 * @param ranks processes
 * @param threads of each rank
 * @param arena what the plan says each rank's tensors take
 * @param javaFlags that ranks want, before the class path
 * @param header lines that say where a file comes from
 */
public record JobLaunch(String name, int ranks, int threads, Bytes arena, List<String> javaFlags, List<String> header) {
    /** For text, checkpoints on their way out and what else lies on the Java heap. */
    private static final long HEAP = 1L << 30;
    /** For compiled code, threads and buffers of messages. */
    private static final long BESIDE = 512L << 20;

    private static final long MEBIBYTE = 1L << 20;

    public JobLaunch {
        javaFlags = List.copyOf(javaFlags);
        header = List.copyOf(header);
    }

    /** Mebibytes to ask for, for each rank. */
    long memoryMebibytes() {
        return Math.ceilDiv(arena.count() + HEAP + BESIDE, MEBIBYTE);
    }

    /** What comes behind {@code java}, with the job in {@code folder}. */
    List<String> arguments(String folder, String launcher) {
        var arguments = new ArrayList<>(javaFlags);
        arguments.add("-Xmx" + HEAP / MEBIBYTE + "m");
        arguments.addAll(List.of("-jar", folder + "/job.jar", "--output", folder, "--launcher", launcher));
        return arguments;
    }

    /** The header as comments of a file in which they begin with {@code #}. */
    String comments(String... more) {
        var text = new StringBuilder();
        Stream.concat(header.stream(), Stream.of(more))
                .forEach(line -> text.append(("# " + line).stripTrailing()).append('\n'));
        return text.toString();
    }

    /** The name as Kubernetes takes one (RFC 1123): small letters, digits and hyphens, at most 40 to leave room. */
    String label() {
        String label = name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-");
        label = label.substring(0, Math.min(40, label.length())).replaceAll("^-+|-+$", "");
        if (label.isEmpty()) {
            return "job";
        }
        return Character.isLetter(label.charAt(0)) ? label : "job-" + label;
    }
}
