package dev.dovetail.runtime.train;

import dev.dovetail.runtime.launch.LaunchException;
import dev.dovetail.runtime.transport.Traffic;
import dev.dovetail.runtime.transport.Transport;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import tools.jackson.databind.json.JsonMapper;

/**
 * What rank 0 tells ranks on other hosts before the first step, so that all of them run the same job on the same text and
 * save into the same folder. A difference would spoil the result in silence.
 */
final class Briefing {
    /** A network file system may show a new file a little later on another host. */
    private static final long FOLDER_SECONDS = 10;

    private static final int POLL_MILLIS = 50;

    /**
     * @param fingerprint of the job
     * @param text checksum of what is trained on
     * @param resume step of the checkpoint to go on from; -1 for none
     * @param mark what stands in the mark file of the output folder
     */
    record Facts(String fingerprint, String text, long resume, String mark) {
        private static final long NOTHING = -1;
    }

    private final ControlChannel control;
    private final Path root;
    private final JsonMapper json = JsonMapper.builder().build();

    Briefing(Transport transport, RunFolder folder) {
        this.control = new ControlChannel(transport, new Traffic());
        this.root = folder.root();
    }

    /** Rank 0 calls it; returns when all ranks agree. */
    void give(RunSetup setup) {
        String mark = UUID.randomUUID().toString();
        try {
            Files.writeString(markFile(), mark);
            Facts facts = new Facts(
                    setup.job().fingerprint(),
                    setup.data().checksum(),
                    setup.resume().isPresent() ? setup.firstStep() : Facts.NOTHING,
                    mark);
            var unused = control.fromFirst(json.writeValueAsString(facts).getBytes(StandardCharsets.UTF_8));
            control.gather(new byte[0]);
            Files.delete(markFile());
        } catch (IOException e) {
            throw new LaunchException(
                    "the output folder `" + root + "` cannot be written: " + e.getMessage(),
                    "free space or fix permissions there");
        }
    }

    /**
     * The other ranks call it.
     *
     * @param prepare makes the setup for the step to go on from
     * @throws LaunchException when this rank has another job, another text or another folder than rank 0
     */
    RunSetup take(Function<Optional<Long>, RunSetup> prepare) {
        Facts facts = json.readValue(control.fromFirst(new byte[0]), Facts.class);
        requireSameFolder(facts.mark());
        RunSetup setup =
                prepare.apply(facts.resume() == Facts.NOTHING ? Optional.empty() : Optional.of(facts.resume()));
        require(
                setup.job().fingerprint().equals(facts.fingerprint()),
                "this rank has another job than rank 0",
                "all hosts must have the same `job.jar`");
        require(
                setup.data().checksum().equals(facts.text()),
                "this rank reads another text than rank 0 (" + setup.data().label() + ")",
                "all hosts need the same files, and the same Java where its sources are the text");
        control.gather(new byte[0]);
        return setup;
    }

    private void requireSameFolder(String mark) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(FOLDER_SECONDS);
        while (!isMarked(mark)) {
            require(
                    System.nanoTime() < end,
                    "the output folder `" + root + "` here is not the one rank 0 writes to",
                    "ranks on several hosts need an output folder that all of them share; name it with `--output`");
            pause();
        }
    }

    private boolean isMarked(String mark) {
        try {
            return Files.readString(markFile()).equals(mark);
        } catch (IOException e) {
            return false;
        }
    }

    private static void pause() {
        try {
            Thread.sleep(POLL_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LaunchException("interrupted before the first step", "run again");
        }
    }

    private Path markFile() {
        return root.resolve("run.mark");
    }

    private static void require(boolean holds, String otherwise, String help) {
        if (!holds) {
            throw new LaunchException(otherwise, help);
        }
    }
}
