package dev.dovetail.backends.cpu.family;

import dev.dovetail.backends.cpu.CpuTarget;
import dev.dovetail.backends.cpu.KernelTask;
import dev.dovetail.backends.cpu.loop.Code;
import dev.dovetail.backends.cpu.loop.Expr;
import dev.dovetail.backends.cpu.loop.Function;
import dev.dovetail.backends.cpu.loop.Index;
import dev.dovetail.backends.cpu.loop.Location;
import dev.dovetail.backends.cpu.loop.LoopKernel;
import dev.dovetail.backends.cpu.loop.Statement.Relation;
import dev.dovetail.ir.op.Combine;
import dev.dovetail.ir.op.Dispatch;
import dev.dovetail.ir.op.GateGrad;
import dev.dovetail.ir.op.Op;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.TensorType;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** Tokens into the queues of their experts, back from them, and the gradient of the gates between. */
public final class QueueFamily implements KernelFamily {

    @Override
    public boolean takes(KernelTask task) {
        return task instanceof KernelTask.Operator o
                && (o.op() instanceof Dispatch || o.op() instanceof Combine || o.op() instanceof GateGrad);
    }

    @Override
    public String label(KernelTask task) {
        return switch (operator(task)) {
            case Dispatch d -> "Dispatch";
            case Combine c -> "Combine";
            case GateGrad g -> "GateGrad";
            default -> throw new IllegalArgumentException("no queues in " + task);
        };
    }

    @Override
    public String shape(KernelTask task) {
        String gated = task.operands().size() > 2 && !(operator(task) instanceof GateGrad) ? "_gated" : "";
        String from = stretch(operator(task)).map(first -> "_from_" + first).orElse("");
        return Shapes.of(task.operands().get(0)) + "_by_"
                + Shapes.of(task.operands().get(1)) + gated + from;
    }

    private static Optional<Long> stretch(Op op) {
        return switch (op) {
            case Dispatch d -> d.stretch();
            case Combine c -> c.stretch();
            case GateGrad g -> g.stretch();
            default -> throw new IllegalArgumentException("no queues in " + op);
        };
    }

    private static Op operator(KernelTask task) {
        if (task instanceof KernelTask.Operator o) {
            return o.op();
        }
        throw new IllegalArgumentException("no operator: " + task);
    }

    @Override
    public LoopKernel build(KernelTask task, CpuTarget target) {
        KernelFrame frame = KernelFrame.of(task);
        int lanes = target.lanes(frame.element());
        return switch (operator(task)) {
            case Dispatch d -> new Loops(frame, lanes, d.start(), d.stretch(), frame.resultType(0), 0, 1).dispatch();
            case Combine c -> new Loops(frame, lanes, c.start(), c.stretch(), frame.operandType(0), 0, 1).combine();
            case GateGrad g ->
                new Loops(frame, lanes, g.start(), g.stretch(), frame.operandType(1), 1, 2).gateGradient();
            default -> throw new IllegalArgumentException("no queues in " + task);
        };
    }

    /**
     * @param stretch first place of the queues that is held; empty where all are
     * @param queues [experts, batch, capacity, width]
     * @param rows the operand that is read row by row
     * @param places the operand that holds places
     */
    private record Loops(
            KernelFrame frame,
            int lanes,
            Optional<String> start,
            Optional<Long> stretch,
            TensorType queues,
            int rows,
            int places) {

        private Index extent(TensorType type, int dim) {
            return KernelFrame.extent(type.dims().get(dim));
        }

        private Index first() {
            return start.map(Index::named).orElse(Index.ZERO);
        }

        private long routes() {
            return frame.operandType(places).dims().get(2).bound();
        }

        private long width() {
            return queues.dims().get(3).bound();
        }

        private LoopNest columns(TensorType... types) {
            Dim width = queues.dims().get(3);
            return LoopNest.over(List.of(width), List.of(types), Set.of());
        }

        private Index tokens() {
            TensorType type = frame.operandType(places);
            return extent(type, 0).times(extent(type, 1));
        }

        /** Where a row of the queues begins. */
        private Index queueAt(Code code, Index expert, Index batch, Index place) {
            Index row = expert.times(queues.dims().get(1).bound()).plus(batch);
            return code.letIndex(
                    "queueAt",
                    row.times(queues.dims().get(2).bound()).plus(place).times(width()));
        }

        private Index placeOf(Code code, Index token, Index route) {
            var at = frame.operand(places).at(token.times(routes()).plus(route));
            Index place = new Index.Read(at);
            return code.letIndex(
                    "place", stretch.map(first -> place.minus(Index.of(first))).orElse(place));
        }

        /** What is done with a copy that has a place here. */
        private void where(Code code, Index place, Consumer<Code> held) {
            Consumer<Code> some = stretch.isEmpty()
                    ? held
                    : at -> at.choose(place, Relation.LESS, extent(queues, 2), held, behind -> {});
            code.choose(place, Relation.LESS, Index.ZERO, none -> {}, some);
        }

        LoopKernel dispatch() {
            Function part = Code.function(
                    "queues",
                    "Queues from to to: pairs of expert and sequence.",
                    frame.partParameters(),
                    code -> code.loop("queue", KernelFrame.FROM, KernelFrame.TO, 1, this::fillQueue));
            Index pairs = extent(queues, 0).times(extent(queues, 1));
            return kernel(part, pairs, "Shares the queues among the workers.", "one copy per token of a queue");
        }

        private void fillQueue(Code code, Index queue) {
            long batches = queues.dims().get(1).bound();
            Index expert = code.letIndex("expert", queue.dividedBy(batches));
            Index batch = code.letIndex("batch", queue.modulo(Index.of(batches)));
            Index rows = extent(queues, 2);
            Index begin = queueAt(code, expert, batch, Index.ZERO);
            code.loop("row", rows, (body, row) -> clear(body, begin.plus(row.times(width()))));
            code.loop("position", extent(frame.operandType(places), 0), (body, position) -> {
                Index token = body.letIndex("token", position.times(batches).plus(batch));
                Index route = body.letIndex("route", first().plus(expert));
                Index place = placeOf(body, token, route);
                where(body, place, some -> {
                    Index to = queueAt(some, expert, batch, place);
                    copy(some, token.times(width()), to, gate(some, token, route));
                });
            });
        }

        private Optional<Expr> gate(Code code, Index token, Index route) {
            return frame.operands().size() < 3
                    ? Optional.empty()
                    : Optional.of(code.let(
                            "gate",
                            new Expr.Load(
                                    frame.operand(2).at(token.times(routes()).plus(route)))));
        }

        private void clear(Code code, Index at) {
            LoopNest columns = columns(frame.resultType(0));
            Expr zero = NestLoops.lanes(columns, lanes) > 1 ? Expr.literal(0).broadcast() : Expr.literal(0);
            NestLoops.walk(
                    code,
                    columns,
                    lanes,
                    (body, i, mask) -> body.store(frame.result(0).at(at.plus(columns.offset(0, i))), zero, mask));
        }

        private void copy(Code code, Index from, Index to, Optional<Expr> gate) {
            walk(code, (body, i, mask) -> {
                Expr value = load(frame.operand(rows).at(from.plus(i)), mask);
                body.store(
                        frame.result(0).at(to.plus(i)), gate.map(value::times).orElse(value), mask);
            });
        }

        /** What is done at one column of a row, and the lanes after it. */
        private interface Column {
            void write(Code code, Index column, Optional<String> mask);
        }

        private void walk(Code code, Column column) {
            LoopNest columns = columns(frame.operandType(rows));
            NestLoops.walk(code, columns, lanes, (body, i, mask) -> column.write(body, columns.offset(0, i), mask));
        }

        private Expr load(Location location, Optional<String> mask) {
            boolean vector = NestLoops.lanes(columns(frame.operandType(rows)), lanes) > 1;
            return vector ? new Expr.LoadVector(location, mask) : new Expr.Load(location);
        }

        LoopKernel combine() {
            Function part = Code.function(
                    "tokens",
                    "Tokens from to to.",
                    frame.partParameters(),
                    code -> code.loop("token", KernelFrame.FROM, KernelFrame.TO, 1, (body, token) -> {
                        Index batch = batchOf(body, token);
                        Index to = body.letIndex("to", token.times(width()));
                        clear(body, to);
                        body.loop("expert", extent(queues, 0), (each, expert) -> {
                            Index route = each.letIndex("route", first().plus(expert));
                            Index place = placeOf(each, token, route);
                            where(
                                    each,
                                    place,
                                    some -> add(
                                            some, queueAt(some, expert, batch, place), to, gate(some, token, route)));
                        });
                    }));
            return kernel(part, tokens(), "Shares the tokens among the workers.", "one sum per token");
        }

        private Index batchOf(Code code, Index token) {
            return code.letIndex(
                    "batch", token.modulo(Index.of(queues.dims().get(1).bound())));
        }

        private void add(Code code, Index from, Index to, Optional<Expr> gate) {
            walk(code, (body, i, mask) -> {
                var target = frame.result(0).at(to.plus(i));
                Expr value = load(frame.operand(rows).at(from.plus(i)), mask);
                Expr before = load(target, mask);
                body.store(target, gate.map(g -> value.fma(g, before)).orElseGet(() -> before.plus(value)), mask);
            });
        }

        LoopKernel gateGradient() {
            Function part = Code.function(
                    "tokens",
                    "Tokens from to to.",
                    frame.partParameters(),
                    code -> code.loop("token", KernelFrame.FROM, KernelFrame.TO, 1, (body, token) -> {
                        body.loop(
                                "route",
                                Index.of(routes()),
                                (each, route) -> each.store(
                                        frame.result(0).at(token.times(routes()).plus(route)), Expr.literal(0)));
                        Index batch = batchOf(body, token);
                        body.loop("expert", extent(queues, 0), (each, expert) -> agree(each, token, batch, expert));
                    }));
            return kernel(part, tokens(), "Shares the tokens among the workers.", "one product per copy of a token");
        }

        private void agree(Code code, Index token, Index batch, Index expert) {
            Index route = code.letIndex("route", first().plus(expert));
            Index place = placeOf(code, token, route);
            where(code, place, some -> {
                Index queueAt = queueAt(some, expert, batch, place);
                Index tokenAt = some.letIndex("tokenAt", token.times(width()));
                var sums = NestLoops.sums(
                        some,
                        "column",
                        Index.of(width()),
                        lanes,
                        List.of((body, i, mask) -> new Expr.LoadVector(
                                        frame.operand(0).at(tokenAt.plus(i)), mask)
                                .times(new Expr.LoadVector(frame.operand(1).at(queueAt.plus(i)), mask))));
                some.store(frame.result(0).at(token.times(routes()).plus(route)), sums.getFirst());
            });
        }

        private LoopKernel kernel(Function part, Index extent, String purpose, String choice) {
            Function launch = Code.function(
                    "run", purpose, frame.parameters(), code -> code.parallel(extent, part, frame.arguments()));
            return new LoopKernel(
                    frame.element(), lanes, List.of("loops: " + choice), List.of(), launch, List.of(part));
        }
    }
}
