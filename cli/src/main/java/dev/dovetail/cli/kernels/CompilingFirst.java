package dev.dovetail.cli.kernels;

import dev.dovetail.cli.Dovetail;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Kernels are timed in a Java machine that compiles before it goes on: a large one would be found slow otherwise, because its
 * compiler takes longer than it takes to be timed.
 */
public final class CompilingFirst {
    /** Java's name for it. */
    private static final String FLAG = "-Xbatch";

    private CompilingFirst() {}

    /** Whether this machine is such a one. */
    public static boolean here() {
        return ManagementFactory.getRuntimeMXBean().getInputArguments().contains(FLAG);
    }

    /** Runs a command line in one, with this one's flags, input and output; answers with its status. */
    public static int run(List<String> arguments) throws IOException, InterruptedException {
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.add(FLAG);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Dovetail.class.getName()));
        command.addAll(arguments);
        Process process = new ProcessBuilder(command).inheritIO().start();
        Thread stop = new Thread(process::destroy);
        Runtime.getRuntime().addShutdownHook(stop);
        return process.waitFor();
    }
}
