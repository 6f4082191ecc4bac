package dev.dovetail.runtime.train;

import dev.dovetail.runtime.failure.ExitStatus;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * Turns Ctrl-C and a polite kill into a flag that the run looks at after each step, and holds the process open until the
 * run has saved itself.
 */
final class Interrupts implements BooleanSupplier, AutoCloseable {
    private final CountDownLatch ended = new CountDownLatch(1);
    private final Thread hook;
    private volatile boolean asked;

    /**
     * @param patience how long the run may take to save before the process goes anyway
     * @param onAsked done once, when the process is asked to end
     */
    Interrupts(Duration patience, Runnable onAsked) {
        hook = new Thread(() -> holdOpen(patience, onAsked), "interrupt");
        Runtime.getRuntime().addShutdownHook(hook);
    }

    private void holdOpen(Duration patience, Runnable onAsked) {
        asked = true;
        onAsked.run();
        try {
            if (!ended.await(patience.toMillis(), TimeUnit.MILLISECONDS)) {
                return;
            }
            // The virtual machine would end with 143 after a polite kill; one status for both is easier on scripts.
            Runtime.getRuntime().halt(ExitStatus.INTERRUPTED.code());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public boolean getAsBoolean() {
        return asked;
    }

    /** The run has ended: an exit from here on is an ordinary one. */
    @Override
    public void close() {
        ended.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The process is on its way out already, held open by the hook until just now.
        }
    }
}
