package dev.dovetail.optimizer.lower;

import dev.dovetail.ir.graph.Input;
import dev.dovetail.ir.graph.Node;
import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.op.CacheWrite;
import dev.dovetail.ir.op.Communication;
import dev.dovetail.ir.op.MapOp;
import dev.dovetail.ir.program.Buffer;
import dev.dovetail.ir.program.IndexExpr;
import dev.dovetail.ir.program.Instruction;
import dev.dovetail.ir.scalar.Scalars;
import dev.dovetail.ir.shard.LocalGraph;
import dev.dovetail.optimizer.lower.Turns.Turn;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** A rank's graph as steps of a body: what is loaded, computed and exchanged. */
final class GraphSteps {
    private GraphSteps() {}

    static void loadInputs(BodyBuilder builder, LocalGraph local) {
        for (Input input : local.graph().inputs()) {
            switch (input.source()) {
                case TOKENS,
                        SOURCE_TOKENS,
                        TOKEN_TYPES,
                        SIGNAL,
                        POSITIONS,
                        TARGETS,
                        LATENTS,
                        NOISE,
                        TIMES,
                        LABELS,
                        TEXTS,
                        POOLED_TEXTS,
                        GUIDANCE ->
                    builder.step(
                            List.of(input.value()),
                            places -> new Instruction.Load(
                                    input.source(),
                                    input.ahead(),
                                    places.of(input.value()),
                                    IndexExpr.variable(LayerBodies.MICROBATCH)));
                case STREAM, FIXED_STREAM, SAVED, GRADIENT, CACHE -> {}
            }
        }
    }

    static void take(BodyBuilder builder, LocalGraph local, Turn turn) {
        switch (turn.kind()) {
            case RUN -> compute(builder, local, turn.node());
            case BEGIN -> travelling(builder, turn, exchange -> new Instruction.Begin(exchange, turn.ticket()));
            case AWAIT -> travelling(builder, turn, exchange -> new Instruction.Await(exchange, turn.ticket()));
        }
    }

    /** Operand and result are alive from where the exchange begins to where it is awaited. */
    private static void travelling(
            BodyBuilder builder, Turn turn, Function<Instruction.Exchange, Instruction> instruction) {
        Value operand = turn.node().operands().getFirst();
        Value result = turn.node().results().getFirst();
        var op = (Communication) turn.node().op();
        builder.step(
                List.of(operand, result),
                places -> instruction.apply(new Instruction.Exchange(op, places.of(operand), places.of(result))));
    }

    static void compute(BodyBuilder builder, LocalGraph local, Node node) {
        var uses = new ArrayList<>(node.operands());
        uses.addAll(node.results());
        if (node.op() instanceof Communication op) {
            exchange(builder, op, node, uses);
            return;
        }
        if (node.op() instanceof CacheWrite) {
            builder.alias(node.results().getFirst(), node.operands().getFirst());
        }
        var symbols = new LinkedHashMap<String, IndexExpr>();
        local.shardStarts()
                .forEach((symbol, start) ->
                        symbols.put(symbol, new IndexExpr.Coordinate(start.axis()).times(start.extent())));
        builder.step(
                uses,
                places -> new Instruction.Compute(
                        node.op(), buffers(node.operands(), places), buffers(node.results(), places), symbols));
    }

    private static void exchange(BodyBuilder builder, Communication op, Node node, List<Value> uses) {
        Value operand = node.operands().getFirst();
        Value result = node.results().getFirst();
        if (op.kind() == Communication.Kind.ALL_REDUCE) {
            builder.alias(result, operand);
        }
        builder.step(uses, places -> new Instruction.Exchange(op, places.of(operand), places.of(result)));
    }

    private static List<Buffer> buffers(List<Value> values, BodyBuilder.Places places) {
        return values.stream().map(places::of).toList();
    }

    /** sum += part, both flat or of one shape. */
    static Instruction add(Buffer sum, Buffer part) {
        var expr = Scalars.add(Scalars.arg(0), Scalars.arg(1));
        return new Instruction.Compute(new MapOp(expr, sum.type()), List.of(sum, part), List.of(sum), Map.of());
    }

    static Instruction copy(Buffer from, Buffer to) {
        return new Instruction.Compute(new MapOp(Scalars.arg(0), to.type()), List.of(from), List.of(to), Map.of());
    }
}
