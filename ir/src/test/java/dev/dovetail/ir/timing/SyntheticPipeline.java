package dev.dovetail.ir.timing;

import dev.dovetail.ir.program.Body;
import dev.dovetail.ir.program.Body.Activity;
import dev.dovetail.ir.program.Buffer;
import dev.dovetail.ir.program.IndexExpr;
import dev.dovetail.ir.program.Instruction;
import dev.dovetail.ir.program.Instruction.Channel;
import dev.dovetail.ir.program.MemoryPart;
import dev.dovetail.ir.program.MeshShape;
import dev.dovetail.ir.program.Program;
import dev.dovetail.ir.program.RankClass;
import dev.dovetail.ir.program.Schedule;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.TensorType;
import dev.dovetail.ir.units.Seconds;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Pipelines of hand-written passes whose cost a test chooses: zeroing n elements costs n seconds, and a message takes {@code
 * flight} seconds.
 */
final class SyntheticPipeline {
    private final Order order;
    private final int stages;
    private final int chunks;
    private final int microbatches;
    private final long[] forward;
    private final long[] backward;
    private int replicas = 1;

    /** The order in which a stage runs its passes. */
    enum Order {
        GPIPE,
        ONE_F_ONE_B,
        INTERLEAVED
    }

    /** @param forward seconds of a forward pass of one chunk, for each stage */
    SyntheticPipeline(Order order, int chunks, int microbatches, long[] forward, long[] backward) {
        this.order = order;
        this.stages = forward.length;
        this.chunks = chunks;
        this.microbatches = microbatches;
        this.forward = forward;
        this.backward = backward;
    }

    static SyntheticPipeline even(Order order, int stages, int chunks, int microbatches, long forward, long backward) {
        long[] f = new long[stages];
        long[] b = new long[stages];
        java.util.Arrays.fill(f, forward);
        java.util.Arrays.fill(b, backward);
        return new SyntheticPipeline(order, chunks, microbatches, f, b);
    }

    SyntheticPipeline withDataReplicas(int count) {
        replicas = count;
        return this;
    }

    static InstructionCost cost(double flight) {
        return new InstructionCost() {
            @Override
            public Seconds seconds(RankClass rank, Instruction instruction) {
                return Seconds.of(instruction instanceof Instruction.Zero zero ? zero.elements() : 0);
            }

            @Override
            public Seconds flight(RankClass sender, Instruction.Send send) {
                return Seconds.of(flight);
            }
        };
    }

    Program program() {
        var classes = new ArrayList<RankClass>();
        for (int stage = 0; stage < stages; stage++) {
            classes.add(rank(stage));
        }
        var mesh = MeshShape.of(stages, replicas, 1);
        return new Program("synthetic", mesh, ElementType.F32, microbatches, 1, 1, classes);
    }

    private RankClass rank(int stage) {
        var bodies = List.of(
                compute("forward", Activity.FORWARD, forward[stage]),
                compute("backward", Activity.BACKWARD, backward[stage]),
                message("receive_activation", false, Channel.ACTIVATION, -1),
                message("send_activation", true, Channel.ACTIVATION, 1),
                message("receive_gradient", false, Channel.GRADIENT, 1),
                message("send_gradient", true, Channel.GRADIENT, -1));
        return new RankClass(
                "stage" + stage, stage, 0, Map.of(), List.of(), bodies, schedule(stage), schedule(stage), List.of());
    }

    private static Body compute(String name, Activity activity, long seconds) {
        var work = new Instruction.Zero(MemoryPart.WORKSPACE, ElementType.F32, IndexExpr.of(0), seconds);
        return new Body(name, activity, List.of(), List.of(work));
    }

    private static Body message(String name, boolean sends, Channel channel, int distance) {
        var type = TensorType.of(ElementType.F32, Dim.of("width", 1));
        var buffer = new Buffer("stream", type, MemoryPart.WORKSPACE, IndexExpr.of(0));
        IndexExpr tag = IndexExpr.variable("tag");
        Instruction instruction = sends
                ? new Instruction.Send(buffer, MeshShape.PIPELINE, distance, channel, tag)
                : new Instruction.Receive(buffer, MeshShape.PIPELINE, distance, channel, tag);
        return new Body(name, Activity.TRANSFER, List.of("tag"), List.of(instruction));
    }

    private Schedule schedule(int stage) {
        int passes = microbatches * chunks;
        int warmup = warmup(stage, passes);
        int steady = passes - warmup;
        IndexExpr i = IndexExpr.variable("i");
        return new Schedule.Sequence(List.of(
                new Schedule.Repeat("i", warmup, pass(stage, i, true)),
                new Schedule.Repeat(
                        "i",
                        steady,
                        new Schedule.Sequence(List.of(pass(stage, i.plus(warmup), true), pass(stage, i, false)))),
                new Schedule.Repeat("i", warmup, pass(stage, i.plus(steady), false))));
    }

    /** Narayanan et al. 2021, section 2.2. */
    private int warmup(int stage, int passes) {
        return switch (order) {
            case GPIPE -> passes;
            case ONE_F_ONE_B -> Math.min(stages - 1 - stage, passes);
            case INTERLEAVED ->
                microbatches == stages ? passes : Math.min(2 * (stages - 1 - stage) + (chunks - 1) * stages, passes);
        };
    }

    private IndexExpr chunk(IndexExpr pass, boolean isForward) {
        IndexExpr chunk = pass.dividedBy(stages).remainder(chunks);
        return isForward ? chunk : chunk.times(-1).plus(chunks - 1);
    }

    private IndexExpr microbatch(IndexExpr pass) {
        return chunks == 1
                ? pass
                : pass.dividedBy((long) stages * chunks).times(stages).plus(pass.remainder(stages));
    }

    private Schedule pass(int stage, IndexExpr number, boolean isForward) {
        var cases = new ArrayList<Schedule>();
        for (int chunk = 0; chunk < chunks; chunk++) {
            int place = chunk * stages + stage;
            cases.add(isForward ? forwardPass(place) : backwardPass(place));
        }
        return new Schedule.Let("microbatch", microbatch(number), new Schedule.Choose(chunk(number, isForward), cases));
    }

    private Schedule forwardPass(int place) {
        var parts = new ArrayList<Schedule>();
        if (place > 0) {
            parts.add(call("receive_activation", place));
        }
        parts.add(new Schedule.Call("forward", Map.of()));
        if (place < stages * chunks - 1) {
            parts.add(call("send_activation", place + 1));
        }
        return Schedule.sequence(parts);
    }

    private Schedule backwardPass(int place) {
        var parts = new ArrayList<Schedule>();
        if (place < stages * chunks - 1) {
            parts.add(call("receive_gradient", place));
        }
        parts.add(new Schedule.Call("backward", Map.of()));
        if (place > 0) {
            parts.add(call("send_gradient", place - 1));
        }
        return Schedule.sequence(parts);
    }

    /** @param place the receiving virtual stage */
    private Schedule call(String body, int place) {
        IndexExpr tag = IndexExpr.variable("microbatch").plus((long) place * microbatches);
        return new Schedule.Call(body, Map.of("tag", tag));
    }
}
