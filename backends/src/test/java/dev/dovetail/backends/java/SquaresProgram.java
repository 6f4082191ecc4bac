package dev.dovetail.backends.java;

import static dev.dovetail.ir.scalar.Scalars.add;
import static dev.dovetail.ir.scalar.Scalars.arg;
import static dev.dovetail.ir.scalar.Scalars.constant;
import static dev.dovetail.ir.scalar.Scalars.multiply;
import static dev.dovetail.ir.scalar.Scalars.subtract;

import dev.dovetail.ir.graph.Initializer;
import dev.dovetail.ir.job.DataSource;
import dev.dovetail.ir.job.OptimizerSettings;
import dev.dovetail.ir.job.Precision;
import dev.dovetail.ir.op.MapOp;
import dev.dovetail.ir.op.MapReduce;
import dev.dovetail.ir.op.Op;
import dev.dovetail.ir.op.Splitting;
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
import dev.dovetail.ir.program.StateEntry;
import dev.dovetail.ir.scalar.ScalarExpr;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.TensorType;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A program small enough to check by hand: stage 0 squares a weight a and hands it on, stage 1 compares it with a weight b.
 * The loss of a token is the sum of (a² - b)² over the width; the text plays no part in it.
 */
final class SquaresProgram {
    static final int SEQUENCE = 4;
    static final int WIDTH = 4;
    static final int MICROBATCHES = 3;
    static final OptimizerSettings OPTIMIZER = new OptimizerSettings(0.1, 0.9, 0.999, 1e-8, 0, 2);

    private static final TensorType WEIGHT =
            TensorType.of(ElementType.F64, Dim.of("sequence", SEQUENCE), Dim.of("width", WIDTH));
    private static final TensorType LOSSES = TensorType.of(ElementType.F64, Dim.of("sequence", SEQUENCE));
    private static final long BYTES = WEIGHT.bytes();
    private static final long SLOTS = 4 * BYTES;
    private static final int LIVE = 2;
    private static final long SCRATCH = SLOTS + LIVE * BYTES;
    private static final String MICROBATCH = "microbatch";

    private SquaresProgram() {}

    static Program program() {
        return new Program(
                "squares",
                MeshShape.of(2, 1, 1),
                ElementType.F64,
                MICROBATCHES,
                1,
                SEQUENCE,
                List.of(stage(0, first()), stage(1, second())));
    }

    static JobFacts facts(Path text, long steps) {
        return new JobFacts(
                "squares",
                "squares 1",
                steps,
                MICROBATCHES,
                3,
                OPTIMIZER,
                new DataSource.TextFile(text.toString()),
                0,
                1,
                0,
                1,
                Optional.empty());
    }

    static JobHeader header() {
        return new JobHeader(
                "0.1", "dovetail compile squares.dove", "squares.dove:12", List.of("pipeline 2", "schedule 1f1b"));
    }

    private static RankClass stage(int stage, List<Body> bodies) {
        var passes = stage == 0 ? order(1, "square_") : order(0, "compare_");
        return new RankClass(
                "stage" + stage,
                stage,
                SCRATCH + 2 * BYTES,
                Map.of(
                        MemoryPart.PARAMETERS, BYTES,
                        MemoryPart.GRADIENTS, BYTES,
                        MemoryPart.OPTIMIZER, 2 * BYTES,
                        MemoryPart.ACTIVATIONS, LIVE * BYTES,
                        MemoryPart.WORKSPACE, 2 * BYTES),
                List.of(
                        buffer("weights", MemoryPart.PARAMETERS, 0),
                        buffer("gradients", MemoryPart.GRADIENTS, BYTES),
                        new Buffer(
                                "optimizer",
                                TensorType.of(ElementType.F64, Dim.of("elements", 2 * WEIGHT.elements())),
                                MemoryPart.OPTIMIZER,
                                IndexExpr.of(2 * BYTES))),
                bodies,
                Schedule.sequence(List.of(call("zero_gradients"), passes, call("update"))),
                repeat("pass", MICROBATCHES, evaluation(stage)),
                state(stage == 0 ? "a" : "b"));
    }

    /** 1F1B with a warm-up of {@code warmup} forward passes. */
    private static Schedule order(int warmup, String kind) {
        Schedule steady = Schedule.sequence(List.of(
                let(IndexExpr.variable("steady").plus(warmup), call(kind + "forward")),
                let(IndexExpr.variable("steady"), call(kind + "backward"))));
        if (warmup == 0) {
            return repeat("steady", MICROBATCHES, steady);
        }
        return Schedule.sequence(List.of(
                repeat("warmup", warmup, let(IndexExpr.variable("warmup"), call(kind + "forward"))),
                repeat("steady", MICROBATCHES - warmup, steady),
                repeat(
                        "drain",
                        warmup,
                        let(IndexExpr.variable("drain").plus(MICROBATCHES - warmup), call(kind + "backward")))));
    }

    private static Schedule evaluation(int stage) {
        return let(
                IndexExpr.variable("pass"),
                stage == 0
                        ? call("square_forward")
                        : Schedule.sequence(List.of(call("compare_forward"), call("compare_discard"))));
    }

    private static Schedule let(IndexExpr value, Schedule body) {
        return new Schedule.Let(MICROBATCH, value, body);
    }

    private static Schedule repeat(String variable, int count, Schedule body) {
        return new Schedule.Repeat(variable, count, body);
    }

    private static Schedule call(String body) {
        IndexExpr slot =
                IndexExpr.variable(MICROBATCH).remainder(LIVE).times(BYTES).plus(SLOTS);
        return switch (body) {
            case "zero_gradients", "update" -> new Schedule.Call(body, Map.of());
            case "compare_discard" -> new Schedule.Call(body, Map.of("saved", slot));
            default -> new Schedule.Call(body, Map.of("saved", slot, MICROBATCH, IndexExpr.variable(MICROBATCH)));
        };
    }

    private static Buffer buffer(String name, MemoryPart part, long offset) {
        return new Buffer(name, WEIGHT, part, IndexExpr.of(offset));
    }

    private static Buffer saved(String name) {
        return new Buffer(name, WEIGHT, MemoryPart.ACTIVATIONS, IndexExpr.variable("saved"));
    }

    private static Buffer scratch(String name) {
        return buffer(name, MemoryPart.WORKSPACE, SCRATCH);
    }

    private static Buffer more(String name, TensorType type) {
        return new Buffer(name, type, MemoryPart.WORKSPACE, IndexExpr.of(SCRATCH + BYTES));
    }

    private static Instruction map(ScalarExpr expr, Buffer result, Buffer... operands) {
        return compute(new MapOp(expr, WEIGHT), result, operands);
    }

    private static Instruction compute(Op op, Buffer result, Buffer... operands) {
        return new Instruction.Compute(op, List.of(operands), List.of(result), Map.of());
    }

    private static List<Body> first() {
        Buffer a = buffer("a", MemoryPart.PARAMETERS, 0);
        Buffer gradient = buffer("d_a", MemoryPart.GRADIENTS, BYTES);
        IndexExpr tag = IndexExpr.variable(MICROBATCH);
        return List.of(
                body(
                        "square_forward",
                        Activity.FORWARD,
                        List.of(
                                new Instruction.Allocate(saved("square")),
                                map(multiply(arg(0), arg(0)), saved("square"), a),
                                new Instruction.Send(saved("square"), "pipeline", 1, Channel.ACTIVATION, tag),
                                new Instruction.Free(saved("square")))),
                body(
                        "square_backward",
                        Activity.BACKWARD,
                        List.of(
                                new Instruction.Allocate(scratch("d_square")),
                                new Instruction.Receive(scratch("d_square"), "pipeline", 1, Channel.GRADIENT, tag),
                                map(
                                        add(arg(0), multiply(multiply(constant(2), arg(1)), arg(2))),
                                        gradient,
                                        gradient,
                                        a,
                                        scratch("d_square")),
                                new Instruction.Free(scratch("d_square")))),
                zero(),
                update());
    }

    private static List<Body> second() {
        Buffer b = buffer("b", MemoryPart.PARAMETERS, 0);
        Buffer gradient = buffer("d_b", MemoryPart.GRADIENTS, BYTES);
        IndexExpr tag = IndexExpr.variable(MICROBATCH);
        ScalarExpr difference = subtract(arg(0), arg(1));
        Buffer losses = more("losses", LOSSES);
        ScalarExpr scale = new ScalarExpr.Symbol(Instruction.StepSymbol.LOSS_SCALE.symbol());
        return List.of(
                body(
                        "compare_forward",
                        Activity.FORWARD,
                        List.of(
                                new Instruction.Allocate(saved("square")),
                                new Instruction.Receive(saved("square"), "pipeline", -1, Channel.ACTIVATION, tag),
                                new Instruction.Allocate(losses),
                                compute(
                                        new MapReduce(
                                                multiply(difference, difference),
                                                WEIGHT,
                                                List.of("width"),
                                                Splitting.SUM),
                                        losses,
                                        saved("square"),
                                        b),
                                new Instruction.RecordLoss(losses, IndexExpr.variable(MICROBATCH)),
                                new Instruction.Free(losses))),
                body(
                        "compare_backward",
                        Activity.BACKWARD,
                        List.of(
                                new Instruction.Allocate(scratch("d_square")),
                                map(
                                        multiply(multiply(constant(2), difference), scale),
                                        scratch("d_square"),
                                        saved("square"),
                                        b),
                                map(subtract(arg(0), arg(1)), gradient, gradient, scratch("d_square")),
                                new Instruction.Send(scratch("d_square"), "pipeline", -1, Channel.GRADIENT, tag),
                                new Instruction.Free(scratch("d_square")),
                                new Instruction.Free(saved("square")))),
                new Body(
                        "compare_discard",
                        Activity.FORWARD,
                        List.of("saved"),
                        List.of(new Instruction.Free(saved("square")))),
                zero(),
                update());
    }

    private static Body body(String name, Activity activity, List<Instruction> instructions) {
        return new Body(name, activity, List.of("saved", MICROBATCH), instructions);
    }

    private static Body zero() {
        return new Body(
                "zero_gradients",
                Activity.UPDATE,
                List.of(),
                List.of(new Instruction.Zero(
                        MemoryPart.GRADIENTS, ElementType.F64, IndexExpr.of(BYTES), WEIGHT.elements())));
    }

    private static Body update() {
        return new Body(
                "update",
                Activity.UPDATE,
                List.of(),
                List.of(new Instruction.Update(
                        Precision.uniform(ElementType.F64),
                        IndexExpr.of(0),
                        IndexExpr.of(BYTES),
                        IndexExpr.of(2 * BYTES),
                        IndexExpr.of(3 * BYTES),
                        Optional.empty(),
                        WEIGHT.elements())));
    }

    private static List<StateEntry> state(String parameter) {
        return List.of(
                entry(parameter, StateEntry.Kind.WEIGHT, 0),
                entry(parameter, StateEntry.Kind.FIRST_MOMENT, 2 * BYTES),
                entry(parameter, StateEntry.Kind.SECOND_MOMENT, 3 * BYTES));
    }

    private static StateEntry entry(String parameter, StateEntry.Kind kind, long offset) {
        return new StateEntry(
                parameter,
                kind,
                WEIGHT,
                List.of(),
                Initializer.normal(1),
                0,
                WEIGHT.elements(),
                Optional.empty(),
                offset);
    }
}
