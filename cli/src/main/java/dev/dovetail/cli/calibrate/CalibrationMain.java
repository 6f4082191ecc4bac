package dev.dovetail.cli.calibrate;

import dev.dovetail.ir.calibration.MachineProfile;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.runtime.jvm.VectorModule;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import tools.jackson.databind.json.JsonMapper;

/**
 * Measures in a Java machine of its own, which compiles before it goes on ({@code -Xbatch}): otherwise a busy machine would time
 * kernels that the compiler has not reached yet.
 */
public final class CalibrationMain {
    private CalibrationMain() {}

    /** @param arguments the file to write the profile to; progress goes to standard output, a count and a name a line */
    public static void main(String[] arguments) throws Exception {
        VectorModule.resolve();
        var calibration = new MachineCalibration(Processor.atHand(), System.getProperty("java.class.path"));
        MachineProfile profile = calibration.measure(
                List.of(ElementType.F32),
                Path.of(arguments[0]).toAbsolutePath().getParent(),
                (done, of, name) -> System.out.println(done + " " + of + " " + name));
        Files.writeString(Path.of(arguments[0]), JsonMapper.builder().build().writeValueAsString(profile));
    }
}
