package dev.dovetail.runtime.train;

import dev.dovetail.runtime.checkpoint.Checkpoint;
import dev.dovetail.runtime.failure.BugFailure;
import dev.dovetail.runtime.failure.ExitStatus;
import dev.dovetail.runtime.failure.JobFailure;
import dev.dovetail.runtime.mesh.Position;
import dev.dovetail.runtime.transport.FolderRendezvous;
import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** Runs every rank of a job as a process of its own, watches them, and tells the first cause when one fails. */
final class ProcessLauncher {
    /** How long the failure that caused others may take to show up after the first of them. */
    private static final long GRACE_MILLIS = 5_000;

    private record Ended(Position position, int status) {
        /** Neither in order nor because of somebody else. */
        boolean isCause() {
            return status != ExitStatus.DONE.code()
                    && status != ExitStatus.INTERRUPTED.code()
                    && status != ExitStatus.ECHO.code();
        }

        boolean isFailure() {
            return status != ExitStatus.DONE.code() && status != ExitStatus.INTERRUPTED.code();
        }
    }

    private final JobMain main;
    private final JobOptions options;
    private final Optional<Checkpoint> resume;
    private final LinkedBlockingQueue<Ended> ended = new LinkedBlockingQueue<>();
    private final List<Process> ranks = new CopyOnWriteArrayList<>();

    ProcessLauncher(JobMain main, JobOptions options, Optional<Checkpoint> resume) {
        this.main = main;
        this.options = options;
        this.resume = resume;
    }

    int run() {
        // Everything is cleaned up before the interrupt's hook may let the process go.
        try (Interrupts interrupts = new Interrupts(options.patience(), () -> ranks.forEach(Process::destroy))) {
            Path rendezvous = makeRendezvous();
            try {
                main.job().mesh().positions().forEach(position -> start(position, rendezvous));
                return await(rendezvous, interrupts);
            } finally {
                ranks.forEach(Process::destroyForcibly);
                FolderRendezvous.remove(rendezvous);
            }
        }
    }

    private int await(Path rendezvous, Interrupts interrupts) {
        List<Ended> failures = new ArrayList<>();
        int status = ExitStatus.DONE.code();
        try {
            for (int left = main.job().mesh().size(); left > 0; left--) {
                Ended next = failures.isEmpty() ? ended.take() : ended.poll(GRACE_MILLIS, TimeUnit.MILLISECONDS);
                if (next == null) {
                    break;
                }
                if (next.isFailure()) {
                    failures.add(next);
                }
                if (next.isCause()) {
                    break;
                }
                status = next.position().rank() == 0 ? next.status() : status;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (!failures.isEmpty()) {
            throw failure(failures, rendezvous);
        }
        return interrupts.getAsBoolean() ? ExitStatus.INTERRUPTED.code() : status;
    }

    private void start(Position position, Path rendezvous) {
        RunFolder folder = new RunFolder(options.output());
        try {
            Files.createDirectories(folder.logs());
            File log = folder.logs().resolve("rank-" + position.rank() + ".log").toFile();
            ProcessBuilder builder = new ProcessBuilder(command(position, rendezvous)).redirectInput(nothing());
            boolean first = position.rank() == 0;
            builder.redirectOutput(first ? ProcessBuilder.Redirect.INHERIT : ProcessBuilder.Redirect.to(log));
            builder.redirectError(first ? ProcessBuilder.Redirect.INHERIT : ProcessBuilder.Redirect.appendTo(log));
            Process process = builder.start();
            ranks.add(process);
            var unused = process.onExit().thenAccept(p -> ended.add(new Ended(position, p.exitValue())));
        } catch (IOException e) {
            throw new JobFailure(
                    position + " cannot be started: " + e.getMessage(),
                    "check the limits on processes and memory, or run without `--processes`",
                    e);
        }
    }

    private static ProcessBuilder.Redirect nothing() {
        return ProcessBuilder.Redirect.from(new File("/dev/null"));
    }

    /** The same Java with the same flags and classes as this process. */
    private List<String> command(Position position, Path rendezvous) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(List.of(
                "-cp", System.getProperty("java.class.path"), main.main().getName()));
        command.addAll(List.of("--output", options.output().toString()));
        command.addAll(List.of("--patience", Long.toString(options.patience().toSeconds())));
        if (options.json()) {
            command.add("--json");
        }
        if (options.poisoned()) {
            command.add("--poison");
        }
        options.planted().bug().ifPresent(bug -> {
            command.addAll(List.of("--plant", bug.name()));
            command.addAll(
                    List.of("--plant-step", Long.toString(options.planted().atStep())));
        });
        long from = resume.map(Checkpoint::step).orElse(JobOptions.RankProcess.NOTHING_TO_RESUME);
        command.addAll(List.of("--rank", Integer.toString(position.rank()), rendezvous.toString()));
        command.addAll(List.of(Long.toString(ProcessHandle.current().pid()), Long.toString(from)));
        return command;
    }

    /** The first rank that failed by itself; if all only lost each other, the first of those. */
    private JobFailure failure(List<Ended> failures, Path rendezvous) {
        Ended first = failures.stream().filter(Ended::isCause).findFirst().orElse(failures.getFirst());
        String saved = main.store(new RunFolder(options.output())).steps().stream()
                .max(Comparator.naturalOrder())
                .map(step -> "the checkpoint of step " + step + " is whole; run again to resume from it")
                .orElse("nothing was saved yet; run again to start over");
        Optional<RankProcess.LastWord> word =
                RankProcess.LastWord.read(rendezvous, first.position().rank());
        if (first.status() == ExitStatus.OUR_BUG.code()) {
            return new BugFailure(first.position() + " failed; " + saved + System.lineSeparator()
                    + word.map(RankProcess.LastWord::message).orElse(ending(first)));
        }
        return word.map(w -> new JobFailure(first.position() + ": " + w.message(), w.help() + "; " + saved))
                .orElse(new JobFailure(first.position() + " " + ending(first), saved));
    }

    private static String ending(Ended ended) {
        return ended.status() > 128
                ? "was killed: exit status " + ended.status() + " (signal " + (ended.status() - 128) + ")"
                : "ended with exit status " + ended.status() + " and left no message";
    }

    /** Short and for this user alone: socket paths have about 100 bytes. */
    private static Path makeRendezvous() {
        try {
            return Files.createTempDirectory("dovetail-");
        } catch (IOException e) {
            throw new JobFailure(
                    "no temporary folder can be made: " + e.getMessage(), "free space in the temporary folder", e);
        }
    }
}
