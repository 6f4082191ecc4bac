package dev.dovetail.cli.calibrate;

import dev.dovetail.cli.CommandContext;
import dev.dovetail.cli.CommandFailure;
import dev.dovetail.cli.ExitStatus;
import dev.dovetail.cli.terminal.Progress;
import dev.dovetail.ir.calibration.MachineProfile;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.runtime.jvm.JvmFlags;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.json.JsonMapper;

/** The profile of the machine at hand: read where it was measured before, measured where not. */
public final class Calibration {
    /** Kernels timed, for the progress bar. */
    private static final long KERNELS =
            (long) KernelSamples.of(ElementType.F32).size() + MachineCalibration.UPDATES.length;

    private final CommandContext context;
    private final ProfileStore store = new ProfileStore(Path.of(System.getProperty("user.home")));
    private final Processor processor = Processor.atHand();

    public Calibration(CommandContext context) {
        this.context = context;
    }

    public Path file() {
        return store.file();
    }

    /** The saved profile, or a fresh one; says so when it has to measure, and when other programs disturbed the measurement. */
    public MachineProfile profile() throws IOException, InterruptedException {
        var saved = store.load(processor.name(), processor.cores()).filter(KernelSamples::allMeasured);
        MachineProfile profile = saved.isPresent() ? saved.get() : measure().profile();
        Disturbance.warning(profile).ifPresent(context.err()::println);
        return profile;
    }

    /** @param saved whether it is what `this machine` means from now on */
    public record Measured(MachineProfile profile, boolean saved) {}

    /** What disturbed a measurement, and what became of it. */
    public Optional<String> warning(Measured measured) {
        String fate = measured.saved()
                ? ""
                : System.lineSeparator() + "  = the profile measured before in peace stays; remove " + file()
                        + " first to replace it all the same";
        return Disturbance.warning(measured.profile()).map(text -> text + fate);
    }

    /** Measures anew, in a process of its own, and saves unless a profile that was taken in peace would be lost. */
    public Measured measure() throws IOException, InterruptedException {
        // What lies in the folder of profiles is on the drive that is measured: temporary files often lie in memory.
        Path folder = Files.createDirectories(store.file().getParent());
        Path answer = Files.createTempFile(folder, "dovetail-calibrate", ".json");
        try {
            Process process = new ProcessBuilder(command(answer))
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            follow(process);
            if (process.waitFor() != 0) {
                throw CommandFailure.of(
                        ExitStatus.FAILED_RUN, "measuring this machine failed", "the reason stands above; try again");
            }
            var profile = JsonMapper.builder().build().readValue(Files.readString(answer), MachineProfile.class);
            return new Measured(profile, store.saveUnlessWorse(profile));
        } finally {
            Files.deleteIfExists(answer);
        }
    }

    private static List<String> command(Path answer) {
        var command = new ArrayList<String>();
        command.add(ProcessHandle.current().info().command().orElse("java"));
        command.addAll(JvmFlags.forRanks());
        command.addAll(List.of("-Xbatch", "-cp", System.getProperty("java.class.path")));
        command.addAll(List.of(CalibrationMain.class.getName(), answer.toString()));
        return command;
    }

    /** Each line the process prints is a count, the whole, and the law it has come to. */
    private void follow(Process process) throws IOException {
        try (var lines = process.inputReader();
                Progress progress = context.progress("measuring this machine", KERNELS)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                String[] words = line.split(" ", 3);
                progress.reached(Long.parseLong(words[0]), words[2]);
            }
        }
    }
}
