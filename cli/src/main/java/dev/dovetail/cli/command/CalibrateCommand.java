package dev.dovetail.cli.command;

import dev.dovetail.cli.CommandContext;
import dev.dovetail.cli.DovetailCommand;
import dev.dovetail.cli.ExitStatus;
import dev.dovetail.cli.calibrate.Calibration;
import dev.dovetail.ir.calibration.MachineProfile;
import dev.dovetail.ir.calibration.MachineProfile.KernelLaw;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code dovetail calibrate}: measures this machine, and keeps the figures for {@code this machine} in specs. */
@Command(
        name = "calibrate",
        description = "Measure this machine: what its cores, memory and messages can do.",
        mixinStandardHelpOptions = true)
public final class CalibrateCommand implements DovetailCommand {
    private final CommandContext context;

    @Option(names = "--json", description = "Print the profile as one JSON object.")
    private boolean json;

    public CalibrateCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public ExitStatus execute() throws Exception {
        var calibration = new Calibration(context);
        Calibration.Measured measured = calibration.measure();
        calibration.warning(measured).ifPresent(context.err()::println);
        if (json) {
            context.printJson(measured.profile());
            return ExitStatus.OK;
        }
        print(measured.profile());
        if (measured.saved()) {
            context.out().println("saved to " + calibration.file());
        }
        return ExitStatus.OK;
    }

    private void print(MachineProfile profile) {
        line("%s, %d cores, measured %s", profile.processor(), profile.cores(), profile.measuredOn());
        profile.fmaFlops()
                .forEach(c -> line(
                        "  %-12s %8.1f GFLOP/s multiply-add peak of one core", c.element(), c.flopsPerSecond() / 1e9));
        line("  %-12s %8.1f GB/s copied by one core, read and written", "memory", profile.copyBytesPerSecond() / 1e9);
        MachineProfile.Drive drive = profile.drive();
        line(
                "  %-12s %8.2f GB/s read, %.2f GB/s written and synced: %d MiB on %s%s",
                "drive",
                drive.readBytesPerSecond() / 1e9,
                drive.writeBytesPerSecond() / 1e9,
                drive.measuredBytes() >> 20,
                drive.place(),
                drive.direct() ? ", past the page cache" : "; its page cache could not be passed");
        line("  %-12s %8.1f us for an empty one", "message", profile.message().latencySeconds() * 1e6);
        line("  %-12s %8.1f us to start a kernel on all cores", "threads", profile.parallelLaunchSeconds() * 1e6);
        for (KernelLaw law : profile.laws()) {
            line(
                    "  %-18s %s fitted within %4.1f %%; on all cores %.2f of its share of the time on one",
                    law.law(), law.element(), law.error() * 100, law.parallelLoss());
        }
    }

    private void line(String format, Object... arguments) {
        context.out().println(String.format(Locale.ROOT, format, arguments));
    }
}
