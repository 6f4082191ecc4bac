package dev.dovetail.runtime.jvm;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;

/**
 * Starts a program again in a machine with other flags. A plain {@code java -jar} needs it: a manifest cannot carry
 * {@link JvmFlags}.
 *
 * <p>The second machine ends when the first one does, even by {@code kill -9}.
 */
public final class JvmRestart {
    private static final String PARENT = "dovetail.parent";

    private JvmRestart() {}

    /**
     * Call this first in {@code main}.
     *
     * @return empty in a machine that has the flags: go on; otherwise the exit status of the one that was started
     * @throws IOException when a second machine cannot be started
     */
    public static OptionalInt ifNeeded(Class<?> main, List<String> arguments) throws IOException, InterruptedException {
        endWithParent();
        if (VectorModule.available()) {
            return OptionalInt.empty();
        }
        return OptionalInt.of(again(JvmFlags.forRanks(), main, arguments));
    }

    /**
     * Runs a program in a second machine, with this one's flags and {@code more}, its input and its output.
     *
     * @return its exit status
     * @throws IOException when it cannot be started
     */
    public static int again(List<String> more, Class<?> main, List<String> arguments)
            throws IOException, InterruptedException {
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(more);
        command.add("-D" + PARENT + "=" + ProcessHandle.current().pid());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        command.addAll(arguments);
        Process child = new ProcessBuilder(command).inheritIO().start();
        Thread stop = new Thread(child::destroy);
        Runtime.getRuntime().addShutdownHook(stop);
        return child.waitFor();
    }

    /** In a second machine: leaves nothing running when the first one ends. */
    public static void endWithParent() {
        String parent = System.getProperty(PARENT, "");
        if (parent.isEmpty()) {
            return;
        }
        var _ = ProcessHandle.of(Long.parseLong(parent))
                .map(ProcessHandle::onExit)
                .orElseGet(() -> CompletableFuture.completedFuture(ProcessHandle.current()))
                .thenAccept(_ -> Runtime.getRuntime().halt(1));
    }
}
