package dev.dovetail.ir.verify;

import dev.dovetail.ir.job.Precision;
import dev.dovetail.ir.op.Communication;
import dev.dovetail.ir.op.MapOp;
import dev.dovetail.ir.op.MatMul;
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
import dev.dovetail.ir.scalar.Scalars;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * Two linear layers on two stages, two data ranks and three micro-batches, written by hand: y = (x W0) W1, with gradients, an
 * all-reduce and an update. Small enough to read, and rich enough for every rule to have something to check.
 */
public final class TwoStageProgram {
    private static final ElementType F32 = ElementType.F32;
    private static final int MICROBATCHES = 3;
    private static final long TILE = 16 * 16 * 4;
    private static final long GRADIENTS = TILE;
    private static final long MOMENTS = 2 * TILE;
    private static final long SLOTS = 4 * TILE;

    private TwoStageProgram() {}

    public static Program program() {
        var mesh = MeshShape.of(2, 2, 1);
        return new Program("two_stages", mesh, F32, MICROBATCHES, 1, 16, List.of(stage(0), stage(1)));
    }

    /** The program with each instruction of one body of one stage rewritten. */
    static Program mutated(int stage, String body, UnaryOperator<List<Instruction>> change) {
        Program program = program();
        var classes = new ArrayList<>(program.classes());
        RankClass rank = classes.get(stage);
        var bodies = new ArrayList<Body>();
        for (Body b : rank.bodies()) {
            bodies.add(
                    b.name().equals(body)
                            ? new Body(b.name(), b.activity(), b.parameters(), change.apply(b.instructions()))
                            : b);
        }
        classes.set(stage, rank.withBodies(bodies));
        return new Program(
                program.name(),
                program.mesh(),
                program.element(),
                program.microbatches(),
                program.microbatch(),
                program.sequence(),
                classes);
    }

    private static TensorType square(String rows, String columns) {
        return TensorType.of(F32, Dim.of(rows, 16), Dim.of(columns, 16));
    }

    private static IndexExpr variable(String name) {
        return IndexExpr.variable(name);
    }

    private static Buffer buffer(String name, String rows, String columns, MemoryPart part, IndexExpr offset) {
        return new Buffer(name, square(rows, columns), part, offset);
    }

    private static Buffer region(String name, MemoryPart part, long from, long to) {
        var type = TensorType.of(F32, Dim.of("flat", (to - from) / 4));
        return new Buffer(name, type, part, IndexExpr.of(from));
    }

    /** Stage 0 keeps two micro-batches alive, stage 1 one; scratch of two tiles follows the slots. */
    private static RankClass stage(int stage) {
        int live = 2 - stage;
        long scratch = SLOTS + live * TILE;
        var persistent = List.of(
                region("weights", MemoryPart.PARAMETERS, 0, GRADIENTS),
                region("gradients", MemoryPart.GRADIENTS, GRADIENTS, MOMENTS),
                region("moments", MemoryPart.OPTIMIZER, MOMENTS, SLOTS));
        var bodies = new ArrayList<Body>();
        bodies.add(zero());
        bodies.add(forward(stage, scratch));
        bodies.add(backward(stage, scratch));
        bodies.add(update());
        bodies.add(new Body(
                "discard",
                Activity.FORWARD,
                List.of("slot"),
                List.of(new Instruction.Free(
                        buffer("x", "sequence", "width", MemoryPart.ACTIVATIONS, variable("slot"))))));
        return new RankClass(
                "stage" + stage,
                stage,
                scratch + 2 * TILE,
                Map.of(),
                persistent,
                bodies,
                step(stage, live),
                new Schedule.Repeat(
                        "i",
                        MICROBATCHES,
                        new Schedule.Sequence(
                                List.of(pass("forward", variable("i"), 1), pass("discard", variable("i"), 1)))),
                List.of());
    }

    private static Body zero() {
        var instruction = new Instruction.Zero(MemoryPart.GRADIENTS, F32, IndexExpr.of(GRADIENTS), TILE / 4);
        return new Body("zero_gradients", Activity.UPDATE, List.of(), List.of(instruction));
    }

    private static Body forward(int stage, long scratch) {
        var x = buffer("x", "sequence", "width", MemoryPart.ACTIVATIONS, variable("slot"));
        var w = buffer("w", "width", "inner", MemoryPart.PARAMETERS, IndexExpr.of(0));
        var y = buffer("y", "sequence", "inner", MemoryPart.WORKSPACE, IndexExpr.of(scratch));
        var instructions = new ArrayList<Instruction>();
        instructions.add(new Instruction.Allocate(x));
        instructions.add(
                stage == 0
                        ? new Instruction.Load(dev.dovetail.ir.graph.Input.Source.TOKENS, 0, x, variable("microbatch"))
                        : new Instruction.Receive(
                                x, MeshShape.PIPELINE, -1, Channel.ACTIVATION, variable("microbatch")));
        instructions.add(new Instruction.Allocate(y));
        instructions.add(compute(List.of("sequence", "inner"), x, w, y));
        instructions.add(
                stage == 0
                        ? new Instruction.Send(
                                renamed(y), MeshShape.PIPELINE, 1, Channel.ACTIVATION, variable("microbatch"))
                        : new Instruction.RecordLoss(y, variable("microbatch")));
        instructions.add(new Instruction.Free(y));
        return new Body("forward", Activity.FORWARD, List.of("slot", "microbatch"), instructions);
    }

    /** The stream changes its dims' names between stages, never its shape. */
    private static Buffer renamed(Buffer y) {
        return new Buffer(y.name(), square("sequence", "width"), y.part(), y.offset());
    }

    private static Body backward(int stage, long scratch) {
        var x = buffer("x", "sequence", "width", MemoryPart.ACTIVATIONS, variable("slot"));
        var w = buffer("w", "width", "inner", MemoryPart.PARAMETERS, IndexExpr.of(0));
        var dy = buffer("dy", "sequence", "inner", MemoryPart.WORKSPACE, IndexExpr.of(scratch));
        var other = IndexExpr.of(scratch + TILE);
        var dw = buffer("dw", "width", "inner", MemoryPart.WORKSPACE, other);
        var dx = buffer("dx", "sequence", "width", MemoryPart.WORKSPACE, other);
        var sum = buffer("sum", "width", "inner", MemoryPart.GRADIENTS, IndexExpr.of(GRADIENTS));
        var instructions = new ArrayList<Instruction>();
        instructions.add(new Instruction.Allocate(dy));
        instructions.add(
                stage == 0
                        ? new Instruction.Receive(
                                renamed(dy), MeshShape.PIPELINE, 1, Channel.GRADIENT, variable("microbatch"))
                        : new Instruction.Compute(
                                new MapOp(Scalars.constant(1), dy.type()), List.of(), List.of(dy), Map.of()));
        instructions.add(new Instruction.Allocate(dw));
        instructions.add(compute(List.of("width", "inner"), x, dy, dw));
        var add = new MapOp(Scalars.add(Scalars.arg(0), Scalars.arg(1)), sum.type());
        instructions.add(new Instruction.Compute(add, List.of(sum, dw), List.of(sum), Map.of()));
        instructions.add(new Instruction.Free(dw));
        if (stage == 1) {
            instructions.add(new Instruction.Allocate(dx));
            instructions.add(compute(List.of("sequence", "width"), dy, w, dx));
            instructions.add(
                    new Instruction.Send(dx, MeshShape.PIPELINE, -1, Channel.GRADIENT, variable("microbatch")));
            instructions.add(new Instruction.Free(dx));
        }
        instructions.add(new Instruction.Free(dy));
        instructions.add(new Instruction.Free(x));
        return new Body("backward", Activity.BACKWARD, List.of("slot", "microbatch"), instructions);
    }

    private static Instruction compute(List<String> dims, Buffer a, Buffer b, Buffer result) {
        return new Instruction.Compute(new MatMul(dims), List.of(a, b), List.of(result), Map.of());
    }

    private static Body update() {
        var gradients = IndexExpr.of(GRADIENTS);
        return new Body(
                "update",
                Activity.UPDATE,
                List.of(),
                List.of(
                        new Instruction.FlatExchange(
                                Communication.Kind.ALL_REDUCE,
                                MeshShape.DATA,
                                2,
                                F32,
                                MemoryPart.GRADIENTS,
                                gradients,
                                gradients,
                                TILE / 4),
                        new Instruction.Update(
                                Precision.uniform(F32),
                                IndexExpr.of(0),
                                gradients,
                                IndexExpr.of(MOMENTS),
                                IndexExpr.of(MOMENTS + TILE),
                                Optional.empty(),
                                TILE / 4)));
    }

    private static Schedule step(int stage, int live) {
        int warmup = 1 - stage;
        var parts = new ArrayList<Schedule>(List.of(new Schedule.Call("zero_gradients", Map.of())));
        for (int i = 0; i < warmup; i++) {
            parts.add(pass("forward", IndexExpr.of(i), live));
        }
        parts.add(new Schedule.Repeat(
                "i",
                MICROBATCHES - warmup,
                new Schedule.Sequence(List.of(
                        pass("forward", variable("i").plus(warmup), live), pass("backward", variable("i"), live)))));
        for (int i = 0; i < warmup; i++) {
            parts.add(pass("backward", IndexExpr.of(MICROBATCHES - warmup + i), live));
        }
        parts.add(new Schedule.Call("update", Map.of()));
        return new Schedule.Sequence(parts);
    }

    private static Schedule pass(String body, IndexExpr microbatch, int live) {
        var m = variable("microbatch");
        var arguments = new java.util.LinkedHashMap<String, IndexExpr>();
        arguments.put("slot", m.remainder(live).times(TILE).plus(SLOTS));
        if (!body.equals("discard")) {
            arguments.put("microbatch", m);
        }
        return new Schedule.Let("microbatch", microbatch, new Schedule.Call(body, arguments));
    }
}
