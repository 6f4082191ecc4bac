package dev.dovetail.backends.report.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.backends.report.data.Activity;
import dev.dovetail.backends.report.data.KernelRow;
import dev.dovetail.backends.report.data.Run;
import dev.dovetail.ir.program.MemoryPart;
import dev.dovetail.ir.units.Bytes;
import dev.dovetail.ir.units.Seconds;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunFilesTest {
    private static final String METRICS = """
            {"step":0,"loss":5.5,"learning_rate":1e-4,"seconds":0.25,"tokens_per_second":16000,"bytes_sent":{}}
            {"step":1,"loss":5.1,"learning_rate":1e-4,"seconds":0.20,"tokens_per_second":20000,"bytes_sent":{}}
            {"step":2,"loss":4.9,"learning_rate":1e-4,"seconds":0.21,"tokens_per_second":19000,"bytes_sent":{}}
            """;
    private static final String SUMMARY = """
            {"schema":1,"job":"j","status":"finished","steps":3,"first_step":0,"loss":[5.5,5.1,4.9],
             "held_out_bits_per_byte":2.5,"byte_counts_bits_per_byte":{"order_1":3.5,"order_2":2.75},
             "measured":{"step_seconds":0.205,"tokens_per_second":19980,"memory_bytes_per_device":1000,
               "bytes_sent_per_step":{"data all-reduce":{"payload":640,"framing":16,"messages":4}},
               "breakdown_seconds":{"compute":0.15,"data_comm":0.05}},
             "ranks":[{"rank":3,"place":"rank 3 (pipeline 1, data 1)","arena_bytes":1100,"peak_bytes":1000,
               "peak_bytes_by_part":{"parameters":400,"activations":600},"live_microbatches":2}],
             "unknown_to_us":true}
            """;
    private static final String TIMELINE = """
            {"displayTimeUnit":"ms","traceEvents":[
              {"ph":"M","name":"thread_name","pid":0,"tid":3,"args":{"name":"rank 3 (pipeline 1, data 1)"}},
              {"ph":"X","name":"FORWARD 1.2","cat":"FORWARD","pid":0,"tid":3,"ts":100.0,"dur":50.0},
              {"ph":"X","name":"COLLECTIVE 0.0","cat":"COLLECTIVE","pid":0,"tid":3,"ts":150.0,"dur":10.0},
              {"ph":"X","name":"SOMETHING 0.0","cat":"SOMETHING NEW","pid":0,"tid":3,"ts":160.0,"dur":10.0}]}
            """;

    @TempDir
    Path folder;

    @Test
    void anEmptyFolderHoldsNoRun() throws IOException {
        assertTrue(RunFiles.read(folder).isEmpty());
    }

    @Test
    void readsWhatARunMeasured() throws IOException {
        write("metrics.jsonl", METRICS);
        write("summary.json", SUMMARY);

        Run run = RunFiles.read(folder).orElseThrow();

        assertEquals("finished", run.status());
        assertEquals(Seconds.of(0.205), run.step());
        assertEquals(Bytes.of(1000), run.memory());
        assertEquals(Seconds.of(0.05), run.breakdown().get("data_comm"));
        assertEquals(new Run.Sent(Bytes.of(640), Bytes.of(16), 4), run.sent().get("data all-reduce"));
        assertEquals(new Run.StepRow(1, 5.1, 20000), run.steps().get(1));
        assertEquals(
                List.of(2.5, 3.5, 2.75),
                run.heldOut().orElseThrow().predictors().stream()
                        .map(Run.Predictor::error)
                        .toList());
        assertEquals(1, run.ranks().getFirst().stage());
        assertEquals(Bytes.of(600), run.ranks().getFirst().parts().get(MemoryPart.ACTIVATIONS));
    }

    @Test
    void aRunWithoutSummaryIsKnownByItsSteps() throws IOException {
        write("metrics.jsonl", METRICS);

        Run run = RunFiles.read(folder).orElseThrow();

        assertEquals("running", run.status());
        assertEquals(Seconds.of(0.21), run.step());
        assertEquals(3, run.steps().size());
    }

    @Test
    void readsTheTimelineOfTheTracedStep() throws IOException {
        write("metrics.jsonl", METRICS);
        write("timeline.json", TIMELINE);

        var lane = RunFiles.read(folder)
                .orElseThrow()
                .timeline()
                .orElseThrow()
                .lanes()
                .getFirst();

        assertEquals("rank 3 (pipeline 1, data 1)", lane.name());
        assertEquals(1, lane.stage());
        assertEquals(2, lane.slices().size());
        var forward = lane.slices().getFirst();
        assertEquals(Activity.FORWARD, forward.activity());
        assertEquals(1, forward.stage());
        assertEquals(2, forward.microbatch());
        assertEquals(50e-6, forward.duration().value(), 1e-12);
        assertEquals(-1, lane.slices().getLast().microbatch());
    }

    @Test
    void aLineTornByAKillIsForgiven() throws IOException {
        write("metrics.jsonl", METRICS + "{\"step\":3,\"lo");

        assertEquals(3, RunFiles.read(folder).orElseThrow().steps().size());
    }

    @Test
    void aBrokenLineInTheMiddleIsNamed() throws IOException {
        write("metrics.jsonl", "{\"step\":0,\"lo\n" + METRICS);

        var failure = assertThrows(RunFileException.class, () -> RunFiles.read(folder));
        assertTrue(failure.getMessage().contains("metrics.jsonl` cannot be read: line 1"), failure.getMessage());
    }

    @Test
    void aBrokenSummaryIsNamed() throws IOException {
        write("summary.json", "{");

        var failure = assertThrows(RunFileException.class, () -> RunFiles.read(folder));
        assertTrue(failure.getMessage().contains("summary.json"), failure.getMessage());
    }

    @Test
    void readsWhatTheCompilerSaidOfKernels() throws IOException {
        Files.createDirectory(folder.resolve("cuda"));
        write("cuda/resources.json", """
                {"schema":1,"device":"d","kernels":[{"kernel":"matmul_a","file":"matmul_a.cu","operator":"matmul [4, 8] x [8, 2]",
                  "milliseconds":0.5,"entries":[{"entry":"matmul_a_split","architecture":"sm_90","registers":96,
                    "shared_bytes":1024,"spill_bytes":8}]}]}
                """);

        var row = KernelFile.read(folder).getFirst();

        assertEquals("matmul_a", row.name());
        assertEquals(0.5e-3, row.time().orElseThrow().value(), 1e-15);
        assertEquals(
                new KernelRow.Build("matmul_a_split", "sm_90", 96, Bytes.of(1024), Bytes.of(8)),
                row.builds().getFirst());
    }

    @Test
    void kernelsThatNobodyCompiledAreListedByTheirFiles() throws IOException {
        Files.createDirectory(folder.resolve("cuda"));
        write("cuda/norm_b.cu", "");
        write("cuda/matmul_a.cu", "");
        write("cuda/dovetail_device.cuh", "");

        assertEquals(
                List.of("matmul_a", "norm_b"),
                KernelFile.read(folder).stream().map(KernelRow::name).toList());
    }

    @Test
    void aFolderWithoutKernelsHasNone() throws IOException {
        assertEquals(List.of(), KernelFile.read(folder));
    }

    private void write(String name, String text) throws IOException {
        Files.writeString(folder.resolve(name), text);
    }
}
