package dev.dovetail.cli.calibrate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.ir.calibration.MachineProfile;
import dev.dovetail.ir.calibration.MachineProfile.Ceiling;
import dev.dovetail.ir.calibration.MachineProfile.Conditions;
import dev.dovetail.ir.tensor.ElementType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DisturbanceTest {
    private static final Conditions BUSY = new Conditions(0.6, 0.02);

    private static MachineProfile profile(Conditions conditions, String date) {
        return new MachineProfile(
                "toy",
                2,
                1L << 34,
                date,
                List.of(new Ceiling(ElementType.F32, 1e9)),
                1e9,
                new MachineProfile.Drive("a toy", 1 << 20, true, 1e9, 5e8),
                new MachineProfile.MessageCost(1e-6, 1e-10, 1e-10),
                1e-7,
                List.of(),
                conditions);
    }

    private static List<Ceiling> peak(double flops) {
        return List.of(new Ceiling(ElementType.F32, flops));
    }

    @Test
    void aKernelThatWasDisturbedDoesNotMakeAMachineBusy() {
        var timings = List.of(new Timing(1, 0), new Timing(1, 0.9), new Timing(1, 0.01));
        assertTrue(Disturbance.of(timings, peak(1e9), peak(1.02e9)).quiet());
    }

    @Test
    void mostKernelsDisturbedDo() {
        var timings = List.of(new Timing(1, 0.5), new Timing(1, 0), new Timing(1, 0.4));
        Conditions conditions = Disturbance.of(timings, peak(1e9), peak(1e9));
        assertTrue(conditions.busy());
        assertEquals(
                Optional.of(
                        "warning: while this machine was measured, other programs had its cores 40 % of the time, so"
                                + " predictions for it may be off; `dovetail calibrate` measures it again"),
                Disturbance.warning(profile(conditions, "2026-01-01")));
    }

    @Test
    void peaksThatDisagreeAreToldWhicheverIsHigher() {
        var timings = List.of(new Timing(1, 0));
        assertTrue(Disturbance.of(timings, peak(1e9), peak(0.8e9)).unsteady());
        assertTrue(Disturbance.of(timings, peak(0.8e9), peak(1e9)).unsteady());
    }

    @Test
    void aQuietProfileIsNotLostToABusyOne(@TempDir Path home) throws IOException {
        var store = new ProfileStore(home);
        assertTrue(store.saveUnlessWorse(profile(BUSY, "2026-01-01")));
        assertTrue(store.saveUnlessWorse(profile(BUSY, "2026-01-02")), "a busy one may follow a busy one");
        assertTrue(store.saveUnlessWorse(profile(Conditions.QUIET, "2026-01-03")));
        assertFalse(store.saveUnlessWorse(profile(BUSY, "2026-01-04")));
        assertEquals("2026-01-03", store.load("toy", 2).orElseThrow().measuredOn());
        assertEquals(Conditions.QUIET, store.load("toy", 2).orElseThrow().conditions());
    }

    @Test
    void aProfileThatLacksSomethingIsNone(@TempDir Path home) throws IOException {
        var store = new ProfileStore(home);
        assertTrue(store.saveUnlessWorse(profile(Conditions.QUIET, "2026-01-01")));
        String whole = Files.readString(store.file());
        Files.writeString(store.file(), whole.replace("\"conditions\"", "\"circumstances\""));
        assertEquals(Optional.empty(), store.load("toy", 2));
    }

    @Test
    void whoHadPeaceHearsNothing() {
        assertEquals(Optional.empty(), Disturbance.warning(profile(Conditions.QUIET, "2026-01-01")));
    }
}
