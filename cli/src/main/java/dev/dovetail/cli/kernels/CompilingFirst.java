package dev.dovetail.cli.kernels;

import dev.dovetail.cli.Dovetail;
import dev.dovetail.runtime.jvm.JvmRestart;
import java.io.IOException;
import java.lang.management.ManagementFactory;
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
        JvmRestart.endWithParent();
        return ManagementFactory.getRuntimeMXBean().getInputArguments().contains(FLAG);
    }

    /** Runs a command line in one; answers with its status. */
    public static int run(List<String> arguments) throws IOException, InterruptedException {
        return JvmRestart.again(List.of(FLAG), Dovetail.class, arguments);
    }
}
