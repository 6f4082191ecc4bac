package dev.dovetail.runtime.jvm;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;

/**
 * Lets a program be started with a plain {@code java -jar}: a manifest cannot carry {@link JvmFlags}, so the program
 * starts itself again with them and passes on input, output and exit status.
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
        Process child = new ProcessBuilder(command(main, arguments)).inheritIO().start();
        Thread stop = new Thread(child::destroy);
        Runtime.getRuntime().addShutdownHook(stop);
        return OptionalInt.of(child.waitFor());
    }

    private static List<String> command(Class<?> main, List<String> arguments) {
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(JvmFlags.forRanks());
        command.add("-D" + PARENT + "=" + ProcessHandle.current().pid());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        command.addAll(arguments);
        return command;
    }

    private static void endWithParent() {
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
