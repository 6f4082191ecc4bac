package dev.dovetail.backends.cpu.family;

import dev.dovetail.backends.cpu.CpuTarget;
import dev.dovetail.backends.cpu.KernelTask;
import dev.dovetail.backends.cpu.loop.Buffer;
import dev.dovetail.backends.cpu.loop.Code;
import dev.dovetail.backends.cpu.loop.Expr;
import dev.dovetail.backends.cpu.loop.Function;
import dev.dovetail.backends.cpu.loop.Index;
import dev.dovetail.backends.cpu.loop.LoopKernel;
import dev.dovetail.ir.op.Route;
import dev.dovetail.ir.scalar.ScalarExpr.BinaryKind;
import dev.dovetail.ir.tensor.TensorType;
import java.util.List;

/**
 * Routing in two passes: each token marks the experts that fewer than its choices are ahead of; each queue then numbers the
 * tokens that marked it, in the order of their positions.
 */
public final class RouteFamily implements KernelFamily {

    @Override
    public boolean takes(KernelTask task) {
        return task instanceof KernelTask.Operator o && o.op() instanceof Route;
    }

    @Override
    public String label(KernelTask task) {
        return "Route";
    }

    @Override
    public String shape(KernelTask task) {
        return Shapes.of(task.operands().getFirst()) + (task.operands().size() > 1 ? "_biased" : "");
    }

    @Override
    public LoopKernel build(KernelTask task, CpuTarget target) {
        if (!(task instanceof KernelTask.Operator(Route route, var operands))) {
            throw new IllegalArgumentException("not a routing: " + task);
        }
        return new Loops(KernelFrame.of(task), route).kernel();
    }

    private record Loops(KernelFrame frame, Route route) {

        private TensorType scores() {
            return frame.operandType(0);
        }

        private long experts() {
            return scores().dims().getLast().bound();
        }

        private Index extent(int dim) {
            return KernelFrame.extent(scores().dims().get(dim));
        }

        /** What the choice goes by, then the votes of each group. */
        private Buffer.Scratch own() {
            return new Buffer.Scratch("own", frame.element());
        }

        LoopKernel kernel() {
            Function choose =
                    Code.function("choose", "Tokens from to to: marks their experts.", frame.partParameters(), code -> {
                        code.reserve(own(), KernelFrame.WORKER, experts() + route.groups());
                        code.loop("token", KernelFrame.FROM, KernelFrame.TO, 1, this::choose);
                    });
            Function queue = Code.function(
                    "queue",
                    "Queues from to to: numbers the tokens that marked an expert.",
                    frame.partParameters(),
                    code -> code.loop("queue", KernelFrame.FROM, KernelFrame.TO, 1, this::number));
            Function launch = Code.function(
                    "run", "Shares first the tokens, then the queues among the workers.", frame.parameters(), code -> {
                        code.parallel(extent(0).times(extent(1)), choose, frame.arguments());
                        code.parallel(extent(1).times(experts()), queue, frame.arguments());
                    });
            return new LoopKernel(
                    frame.element(),
                    1,
                    List.of("loops: experts ranked by counting those ahead"),
                    List.of(),
                    launch,
                    List.of(choose, queue));
        }

        private void choose(Code code, Index token) {
            Index at = code.letIndex("at", token.times(experts()));
            code.loop("expert", Index.of(experts()), (body, expert) -> {
                Expr score = new Expr.Load(frame.operand(0).at(at.plus(expert)));
                boolean biased = frame.operands().size() > 1;
                body.store(
                        own().at(expert),
                        biased ? score.plus(new Expr.Load(frame.operand(1).at(expert))) : score);
            });
            if (route.keptGroups() < route.groups()) {
                closeGroups(code);
            }
            code.loop("expert", Index.of(experts()), (body, expert) -> {
                Expr ahead = ahead(body, Index.ZERO, expert, Index.ZERO, Index.of(experts()));
                Expr chosen = less(ahead, Expr.literal(route.choices()));
                body.store(
                        frame.result(0).at(at.plus(expert)),
                        new Expr.Select(chosen, Expr.literal(0), Expr.literal(Route.UNCHOSEN)));
            });
        }

        /** How many of the scratch elements [from, to) behind {@code base} stand before the one at {@code index}. */
        private Expr ahead(Code code, Index base, Index index, Index from, Index to) {
            Expr own = code.let("mine", new Expr.Load(own().at(base.plus(index))));
            Expr.Local count = code.variable("ahead", Expr.literal(0));
            // Equal scores prefer the lower index.
            code.loop("other", from, index, 1, (body, other) -> {
                Expr worse = less(new Expr.Load(own().at(base.plus(other))), own);
                body.assign(count, count.plus(new Expr.Select(worse, Expr.literal(0), Expr.literal(1))));
            });
            code.loop("other", index.plus(1), to, 1, (body, other) -> {
                Expr better = less(own, new Expr.Load(own().at(base.plus(other))));
                body.assign(count, count.plus(new Expr.Select(better, Expr.literal(1), Expr.literal(0))));
            });
            return count;
        }

        private static Expr less(Expr a, Expr b) {
            return new Expr.Binary(BinaryKind.LESS, a, b);
        }

        private void closeGroups(Code code) {
            long size = experts() / route.groups();
            Index votesAt = Index.of(experts());
            code.loop("group", Index.of(route.groups()), (body, group) -> {
                Index from = body.letIndex("first", group.times(size));
                Index to = body.letIndex("end", from.plus(size));
                Expr.Local votes = body.variable("votes", Expr.literal(0));
                body.loop("expert", from, to, 1, (each, expert) -> {
                    Expr ahead = ahead(each, Index.ZERO, expert, from, to);
                    Expr counts = less(ahead, Expr.literal(route.groupVotes()));
                    Expr vote = new Expr.Load(own().at(expert));
                    each.assign(votes, votes.plus(new Expr.Select(counts, vote, Expr.literal(0))));
                });
                body.store(own().at(votesAt.plus(group)), votes);
            });
            code.loop("group", Index.of(route.groups()), (body, group) -> {
                Expr ahead = ahead(body, votesAt, group, Index.ZERO, Index.of(route.groups()));
                Expr kept = body.let("kept", less(ahead, Expr.literal(route.keptGroups())));
                body.loop("member", Index.of(size), (each, member) -> {
                    var place = own().at(group.times(size).plus(member));
                    each.store(
                            place, new Expr.Select(kept, new Expr.Load(place), Expr.literal(Double.NEGATIVE_INFINITY)));
                });
            });
        }

        private void number(Code code, Index queue) {
            Index batch = code.letIndex("batch", queue.dividedBy(experts()));
            Index expert = code.letIndex("expert", queue.modulo(Index.of(experts())));
            Expr.Local queued = code.variable("queued", Expr.literal(0));
            code.loop("position", extent(0), (body, position) -> {
                Index token = position.times(scores().dims().get(1).bound()).plus(batch);
                var place = frame.result(0)
                        .at(body.letIndex("place", token.times(experts()).plus(expert)));
                Expr marked = body.let("marked", new Expr.FromIndex(new Index.Read(place)));
                Expr room = less(queued, Expr.literal(route.capacity()));
                Expr number = new Expr.Select(room, queued, Expr.literal(Route.DROPPED));
                Expr unmarked = body.let("unmarked", less(marked, Expr.literal(0)));
                body.store(place, new Expr.Select(unmarked, marked, number));
                body.assign(queued, queued.plus(new Expr.Select(unmarked, Expr.literal(0), Expr.literal(1))));
            });
        }
    }
}
