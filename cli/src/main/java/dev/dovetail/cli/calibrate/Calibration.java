package dev.dovetail.cli.calibrate;

import dev.dovetail.cli.CommandContext;
import dev.dovetail.cli.terminal.Progress;
import dev.dovetail.ir.calibration.MachineProfile;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.runtime.jvm.VectorModule;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** The profile of the machine at hand: read where it was measured before, measured where not. */
public final class Calibration {
    private final CommandContext context;
    private final ProfileStore store = new ProfileStore(Path.of(System.getProperty("user.home")));
    private final Processor processor = Processor.atHand();

    public Calibration(CommandContext context) {
        this.context = context;
    }

    public Path file() {
        return store.file();
    }

    /** The saved profile, or a fresh one; says so when it has to measure. */
    public MachineProfile profile() throws IOException, InterruptedException {
        var saved = store.load(processor.name(), processor.cores());
        return saved.isPresent() ? saved.get() : measure();
    }

    /** Measures anew and saves. */
    public MachineProfile measure() throws IOException, InterruptedException {
        VectorModule.resolve();
        try (Progress progress = context.progress("measuring this machine", 0)) {
            var calibration = new MachineCalibration(processor, System.getProperty("java.class.path"));
            MachineProfile profile = calibration.measure(List.of(ElementType.F32), progress);
            store.save(profile);
            return profile;
        }
    }
}
