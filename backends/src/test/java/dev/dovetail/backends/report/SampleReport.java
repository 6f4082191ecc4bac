package dev.dovetail.backends.report;

import dev.dovetail.backends.report.data.Activity;
import dev.dovetail.backends.report.data.Alternative;
import dev.dovetail.backends.report.data.DecisionRow;
import dev.dovetail.backends.report.data.DecisionRow.DecidedBy;
import dev.dovetail.backends.report.data.Forecast;
import dev.dovetail.backends.report.data.FrontPoint;
import dev.dovetail.backends.report.data.KernelRow;
import dev.dovetail.backends.report.data.Lane;
import dev.dovetail.backends.report.data.LayerRun;
import dev.dovetail.backends.report.data.LinkTraffic;
import dev.dovetail.backends.report.data.LinkTraffic.AxisTraffic;
import dev.dovetail.backends.report.data.PlanNode;
import dev.dovetail.backends.report.data.Proof;
import dev.dovetail.backends.report.data.Provenance;
import dev.dovetail.backends.report.data.Run;
import dev.dovetail.backends.report.data.Slice;
import dev.dovetail.backends.report.data.StageMemory;
import dev.dovetail.backends.report.data.Subject;
import dev.dovetail.backends.report.data.Timeline;
import dev.dovetail.ir.plan.Decision.Recompute;
import dev.dovetail.ir.plan.ErrorBars;
import dev.dovetail.ir.plan.Goodput;
import dev.dovetail.ir.plan.Offload;
import dev.dovetail.ir.plan.WholeRun;
import dev.dovetail.ir.program.MemoryPart;
import dev.dovetail.ir.spec.Origin;
import dev.dovetail.ir.units.Bytes;
import dev.dovetail.ir.units.BytesPerSecond;
import dev.dovetail.ir.units.Dollars;
import dev.dovetail.ir.units.GramsOfCarbon;
import dev.dovetail.ir.units.Joules;
import dev.dovetail.ir.units.Seconds;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A report as one of a small pipelined job would be: two stages, two data ranks, four micro-batches.
 *
 * <p>All in one place, because its figures have to agree with each other.
 */
final class SampleReport {
    private static final String SPEC = """
            // A small GPT, for four ranks.

            model sample_gpt {
              vocab bytes
              width 128
              repeat 4 { attention { heads 4 }, mlp { inner 4 * width } }
            }

            train sample_gpt on here {
              batch 32 sequences
              fix   { pipeline 2, data 2 }
            }
            """;

    private static final String PRECISION =
            "Weights and activations are stored as f32; linear layers multiply what is stored.";

    private SampleReport() {}

    static ReportData planned() {
        return new ReportData(
                subject(),
                decisions(),
                tree(),
                forecast(),
                memory(),
                layers(),
                PRECISION,
                timeline(Provenance.ESTIMATE, 1, new Random(1)),
                new Proof(Proof.Status.OPTIMAL, "step time", "s", 0.1822, 0.1822, 148, 37, 0.412),
                runnersUp(),
                front(),
                links(),
                Optional.empty(),
                Optional.empty(),
                List.of());
    }

    static ReportData ran() {
        return planned().withRun(run());
    }

    static ReportData withKernels() {
        var data = ran();
        return new ReportData(
                data.subject(),
                data.decisions(),
                data.plan(),
                data.forecast(),
                data.memory(),
                data.layers(),
                data.precision(),
                data.timeline(),
                new Proof(Proof.Status.FEASIBLE, "step time", "s", 0.1822, 0.1710, 14_800, 3_712, 30.0),
                data.runnersUp(),
                data.front(),
                data.links(),
                data.accuracy(),
                data.run(),
                List.of(
                        new KernelRow(
                                "matmul_128x512",
                                "kernels/matmul_128x512.cu",
                                "[4096, 128] × [128, 512] bf16",
                                List.of(
                                        new KernelRow.Build(
                                                "matmul_128x512", "sm_80", 128, Bytes.of(49_152), Bytes.ZERO),
                                        new KernelRow.Build(
                                                "matmul_128x512", "sm_90", 168, Bytes.of(65_536), Bytes.of(16))),
                                Optional.of(Seconds.ofMicros(41.2))),
                        new KernelRow("adamw", "kernels/adamw.cu", "198 656 elements", List.of(), Optional.empty())));
    }

    /** Eight stages, sixty-four micro-batches: what a cluster's report has to hold. */
    static ReportData large() {
        var data = planned();
        var lanes = IntStream.range(0, 8)
                .mapToObj(stage ->
                        new Lane("stage " + stage, stage, stage, oneForwardOneBackward(stage, 8, 64, 1, new Random(2))))
                .toList();
        var memory = IntStream.range(0, 8)
                .mapToObj(stage -> stageMemory(stage, 22 - 2 * stage, Optional.of(Bytes.ofGb(80)), 900))
                .toList();
        return new ReportData(
                data.subject(),
                data.decisions(),
                data.plan(),
                data.forecast(),
                memory,
                manyLayers(),
                PRECISION,
                new Timeline(Provenance.ESTIMATE, lanes),
                data.proof(),
                data.runnersUp(),
                data.front(),
                data.links(),
                data.accuracy(),
                Optional.empty(),
                List.of());
    }

    private static List<FrontPoint> front() {
        return IntStream.range(0, 6)
                .mapToObj(i -> {
                    var traded = new LinkedHashMap<String, Double>();
                    traded.put("time in s", 0.1822 * (1 + 0.05 * i));
                    traded.put("energy in J", 40 - 3.0 * i);
                    return new FrontPoint(
                            i == 0 ? Map.of() : Map.of("frequency", String.valueOf(1400 - 100 * i)),
                            traded,
                            Seconds.of(0.1822 * (1 + 0.05 * i)),
                            i == 0);
                })
                .toList();
    }

    private static List<LayerRun> layers() {
        return List.of(
                new LayerRun("attention, mlp", 1, 2, 0, Recompute.SELECTIVE, Offload.NONE),
                new LayerRun("attention, mlp", 3, 2, 1, Recompute.NONE, Offload.NONE));
    }

    /** As a hybrid model's on eight stages: one layer in eight attends, the first stages compute again, all keep away. */
    private static List<LayerRun> manyLayers() {
        return IntStream.range(0, 8)
                .boxed()
                .flatMap(stage -> Stream.of(
                        new LayerRun("attention, moe", 10 * stage + 1, 1, stage, Recompute.FULL, Offload.ACTIVATIONS),
                        new LayerRun(
                                "ssm, mlp",
                                10 * stage + 2,
                                9,
                                stage,
                                stage < 3 ? Recompute.FULL : Recompute.NONE,
                                Offload.ACTIVATIONS)))
                .toList();
    }

    private static List<LinkTraffic> links() {
        return List.of(
                new LinkTraffic(
                        "nvswitch3",
                        "8 devices of a node",
                        BytesPerSecond.of(300e9),
                        List.of(new AxisTraffic("tensor", 4, Bytes.ofGb(9), Bytes.ofGb(10)))),
                new LinkTraffic(
                        "fat tree",
                        "2 nodes",
                        BytesPerSecond.of(25e9),
                        List.of(
                                new AxisTraffic("data", 2, Bytes.ofGb(1), Bytes.ofGb(1)),
                                new AxisTraffic("pipeline", 2, Bytes.of(500_000_000), Bytes.ofGb(1)))));
    }

    private static Subject subject() {
        return new Subject(
                "sample_gpt on here",
                "sample_gpt: 4 layers, 836,352 parameters, context 128",
                "here: 4 workers on 2 cores of an AMD EPYC",
                "time",
                Optional.of(new Subject.SpecText("sample.dove", SPEC)),
                "dovetail report sample.dove",
                "dovetail 0.1.0");
    }

    private static List<DecisionRow> decisions() {
        var line = new Origin("sample.dove", 11, 11, 10);
        return List.of(
                new DecisionRow("tensor", "1", DecidedBy.SOLVED, "layers are not split", Origin.NONE),
                new DecisionRow("pipeline", "2", DecidedBy.FIXED, "2 stages of 2 layers", line),
                new DecisionRow("data", "2", DecidedBy.FIXED, "2 replicas, 16 sequences each", line),
                new DecisionRow(
                        "shard", "optimizer", DecidedBy.SOLVED, "optimizer state is split over replicas", Origin.NONE),
                new DecisionRow("microbatch", "4", DecidedBy.SOLVED, "4 micro-batches of 4 sequences", Origin.NONE),
                new DecisionRow("recompute", "none", DecidedBy.SOLVED, "every activation is kept", Origin.NONE),
                new DecisionRow("schedule", "1f1b", DecidedBy.DEFAULT, "one forward, one backward", Origin.NONE));
    }

    private static PlanNode tree() {
        var stages = IntStream.range(0, 2)
                .mapToObj(stage -> PlanNode.group(
                                "stage " + stage,
                                "ranks " + 2 * stage + " and " + (2 * stage + 1),
                                List.of(
                                        PlanNode.leaf("forward", "4 micro-batches × 2 layers")
                                                .taking(Seconds.ofMillis(48)),
                                        PlanNode.leaf("backward", "4 micro-batches × 2 layers")
                                                .taking(Seconds.ofMillis(97))
                                                .limitedBy("arithmetic"),
                                        PlanNode.leaf("reduce gradients", "over 2 data ranks")
                                                .taking(Seconds.ofMillis(3.1))
                                                .limitedBy("link bandwidth"),
                                        PlanNode.leaf("update", "AdamW on half the parameters")
                                                .taking(Seconds.ofMillis(1.7))
                                                .limitedBy("memory bandwidth")))
                        .taking(Seconds.ofMillis(151))
                        .holding(Bytes.of(21_400_000 - stage * 4_000_000L))
                        .limitedBy("arithmetic"))
                .toList();
        return PlanNode.group("sample_gpt", "4 ranks: pipeline 2 × data 2", stages)
                .taking(Seconds.ofMillis(182.2))
                .holding(Bytes.of(21_400_000));
    }

    private static Forecast forecast() {
        return new Forecast(
                Seconds.ofMillis(182.2),
                22_480,
                Optional.of(0.41),
                0.17,
                Bytes.of(21_400_000),
                Optional.of(Bytes.ofGb(4)),
                Optional.of(Joules.of(3.4)),
                Optional.of(Dollars.of(0.0000021)),
                Optional.of(GramsOfCarbon.of(0.00041)),
                breakdown(145, 0, 2.2, 3.1, 1.7, 30.2),
                Optional.of(new ErrorBars(new ErrorBars.Range(0.9, 1.2), new ErrorBars.Range(0.8, 1.1))),
                Optional.of(wholeRun()));
    }

    private static WholeRun wholeRun() {
        var goodput = new Goodput(
                Seconds.of(20_000),
                Bytes.ofGb(1),
                Seconds.of(1),
                Seconds.of(300),
                new Goodput.Interval(100, 0.96),
                new Goodput.Interval(1000, 0.98));
        return new WholeRun(
                900,
                Seconds.of(171),
                Joules.of(3060),
                Dollars.of(0.00189),
                GramsOfCarbon.of(0.369),
                Optional.of(goodput));
    }

    private static Map<String, Seconds> breakdown(
            double compute, double tensor, double pipeline, double data, double update, double bubble) {
        var parts = new LinkedHashMap<String, Seconds>();
        parts.put("compute", Seconds.ofMillis(compute));
        parts.put("tensor_comm", Seconds.ofMillis(tensor));
        parts.put("pipeline_comm", Seconds.ofMillis(pipeline));
        parts.put("data_comm", Seconds.ofMillis(data));
        parts.put("optimizer", Seconds.ofMillis(update));
        parts.put("bubble", Seconds.ofMillis(bubble));
        return parts;
    }

    private static List<StageMemory> memory() {
        return IntStream.range(0, 2)
                .mapToObj(stage -> stageMemory(stage, 3 - stage, Optional.of(Bytes.of(34_000_000)), 1))
                .toList();
    }

    private static StageMemory stageMemory(int stage, int live, Optional<Bytes> limit, long scale) {
        var parts = Map.of(
                MemoryPart.PARAMETERS, Bytes.of(1_720_000 * scale),
                MemoryPart.GRADIENTS, Bytes.of(1_720_000 * scale),
                MemoryPart.OPTIMIZER, Bytes.of(3_440_000 * scale),
                MemoryPart.ACTIVATIONS, Bytes.of(live * 3_900_000L * scale),
                MemoryPart.WORKSPACE, Bytes.of(1_100_000 * scale));
        var measured = scale > 1
                ? Map.<MemoryPart, Bytes>of()
                : Map.of(
                        MemoryPart.PARAMETERS, parts.get(MemoryPart.PARAMETERS),
                        MemoryPart.ACTIVATIONS,
                                parts.get(MemoryPart.ACTIVATIONS).minus(Bytes.of(300_000)));
        var total = parts.values().stream().reduce(Bytes.ZERO, Bytes::plus);
        return new StageMemory(
                "stage " + stage,
                stage,
                parts,
                total,
                measured,
                scale > 1 ? Optional.empty() : Optional.of(total.minus(Bytes.of(250_000))),
                limit,
                Bytes.of(scale > 1 ? 5_000_000 : 0));
    }

    private static List<Alternative> runnersUp() {
        return List.of(
                alternative(
                        Map.of("shard", "none"),
                        0.1841,
                        23_200_000,
                        breakdown(145, 0, 2.2, 4.6, 2.1, 30.2),
                        "1.5 ms more data communication a step"),
                alternative(
                        Map.of("microbatch", "2"),
                        0.1917,
                        17_500_000,
                        breakdown(163, 0, 3.6, 3.1, 1.7, 20.3),
                        "18 ms more computing a step"),
                alternative(
                        Map.of("recompute", "selective"),
                        0.1979,
                        18_100_000,
                        breakdown(160, 0, 2.2, 3.1, 1.7, 30.9),
                        "15 ms more computing a step"),
                alternative(
                        Map.of("schedule", "gpipe"),
                        0.1822,
                        29_000_000,
                        breakdown(145, 0, 2.2, 3.1, 1.7, 30.2),
                        "as fast, with 7.6 MB more memory"),
                alternative(
                        Map.of("interleave", "2", "microbatch", "2"),
                        0.2054,
                        18_800_000,
                        breakdown(171, 0, 9.8, 3.1, 1.7, 19.8),
                        "26 ms more computing a step"));
    }

    private static Alternative alternative(
            Map<String, String> changed, double step, long memory, Map<String, Seconds> breakdown, String because) {
        var all = new LinkedHashMap<String, String>();
        decisions().forEach(decision -> all.put(decision.name(), decision.value()));
        all.putAll(changed);
        return new Alternative(all, step, Seconds.of(step), Bytes.of(memory), breakdown, because);
    }

    private static Run run() {
        return new Run(
                "finished",
                Seconds.ofMillis(190.3),
                21_524,
                Bytes.of(21_150_000),
                breakdown(151, 0, 4.9, 4.4, 2.0, 28.0),
                Map.of("data all-reduce", new Run.Sent(Bytes.of(6_690_816), Bytes.of(512), 16)),
                "nats per token",
                losses(),
                Optional.of(new Run.HeldOut(
                        "bits per byte",
                        List.of(new Run.Predictor("this model", 2.31), new Run.Predictor("counts", 3.62)))),
                List.of(),
                Optional.of(timeline(Provenance.MEASURED, 1.05, new Random(3))),
                Optional.of(samples()));
    }

    /** One black element. */
    private static Run.Samples samples() {
        String png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==";
        return new Run.Samples(png, List.of(3), 1, 50, 2, Optional.of(new Run.Judged(10, 9, 0.99, 0.3, 0.25)));
    }

    private static List<Run.StepRow> losses() {
        var random = new Random(7);
        return IntStream.range(0, 600)
                .mapToObj(step -> new Run.StepRow(
                        step,
                        1.55 + 4 * Math.exp(-step / 70.0) + 0.06 * random.nextGaussian(),
                        21_500 * (step < 8 ? 0.4 + 0.07 * step : 1) + 450 * random.nextGaussian()))
                .toList();
    }

    private static Timeline timeline(Provenance provenance, double slowdown, Random random) {
        var lanes = new ArrayList<Lane>();
        for (int rank = 0; rank < 4; rank++) {
            int stage = rank / 2;
            lanes.add(new Lane(
                    "stage " + stage + ", data " + rank % 2,
                    rank,
                    stage,
                    oneForwardOneBackward(stage, 2, 4, provenance == Provenance.MEASURED ? slowdown : 1, random)));
        }
        return new Timeline(provenance, lanes);
    }

    /** The textbook order on an ideal clock: forward 12 ms, backward 24 ms, then the gradients and the update. */
    private static List<Slice> oneForwardOneBackward(
            int stage, int stages, int microbatches, double slowdown, Random random) {
        double unit = 0.012 * slowdown;
        var slices = new ArrayList<Slice>();
        int warm = Math.min(microbatches, stages - stage);
        double last = 0;
        for (int m = 0; m < microbatches; m++) {
            double forward = m < warm ? (stage + m) * unit : last;
            last = add(slices, Activity.FORWARD, forward, unit * 0.95, m, random);
            int done = m - warm + 1;
            if (done >= 0) {
                last = add(slices, Activity.BACKWARD, backward(stage, stages, done, unit), 1.95 * unit, done, random);
            }
        }
        for (int m = microbatches - warm + 1; m < microbatches; m++) {
            last = add(
                    slices,
                    Activity.BACKWARD,
                    Math.max(last, backward(stage, stages, m, unit)),
                    1.95 * unit,
                    m,
                    random);
        }
        last = add(slices, Activity.COLLECTIVE, last, 0.4 * unit, -1, random);
        add(slices, Activity.OPTIMIZER, last, 0.2 * unit, -1, random);
        return slices;
    }

    private static double backward(int stage, int stages, int microbatch, double unit) {
        return (stages + 2 * (stages - 1 - stage) + 3 * microbatch) * unit;
    }

    private static double add(
            List<Slice> slices, Activity activity, double begin, double length, int microbatch, Random random) {
        double end = begin + length * (1 + 0.02 * random.nextDouble());
        slices.add(new Slice(activity, Seconds.of(begin), Seconds.of(end), microbatch, 0, ""));
        return end;
    }
}
