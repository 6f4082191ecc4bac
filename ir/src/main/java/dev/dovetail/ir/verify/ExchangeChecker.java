package dev.dovetail.ir.verify;

import dev.dovetail.ir.op.Communication;
import dev.dovetail.ir.program.Body;
import dev.dovetail.ir.program.IndexExpr;
import dev.dovetail.ir.program.Instruction;
import dev.dovetail.ir.program.MeshShape;
import dev.dovetail.ir.program.Program;
import dev.dovetail.ir.program.RankClass;
import dev.dovetail.ir.program.Schedule;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;

/**
 * Ranks along an axis agree about their exchanges. They run one schedule, so it is enough that the schedule does not branch on
 * the axis' coordinate, and that each exchange names the axis as long as it is and cuts evenly.
 */
final class ExchangeChecker {
    private final Program program;
    private final RankClass rank;
    private final ViolationCollector violations;

    private ExchangeChecker(Program program, RankClass rank, ViolationCollector violations) {
        this.program = program;
        this.rank = rank;
        this.violations = violations;
    }

    static void check(Program program, RankClass rank, Schedule schedule, ViolationCollector violations) {
        var checker = new ExchangeChecker(program, rank, violations);
        checker.branches(schedule);
        rank.bodies().forEach(body -> {
            for (int i = 0; i < body.instructions().size(); i++) {
                int at = i;
                checker.fault(body.instructions().get(i))
                        .ifPresent(fault -> violations.add(Rule.EXCHANGES_AGREE, rank.stage(), body.name(), at, fault));
            }
            checker.tickets(body);
        });
    }

    /**
     * What a body begins it awaits once, later. Beginning waits for nobody and every rank of the group begins before it awaits, so none
     * waits for another in a circle.
     */
    private void tickets(Body body) {
        var begun = new HashMap<Integer, Instruction.Exchange>();
        var known = new HashSet<Integer>();
        for (int i = 0; i < body.instructions().size(); i++) {
            switch (body.instructions().get(i)) {
                case Instruction.Begin b -> {
                    if (!known.add(b.ticket())) {
                        ticket(body, i, "exchange " + b.ticket() + " is begun twice");
                    }
                    begun.put(b.ticket(), b.exchange());
                }
                case Instruction.Await a -> {
                    if (!a.exchange().equals(begun.remove(a.ticket()))) {
                        ticket(body, i, "awaits exchange " + a.ticket() + ", which is not on its way");
                    }
                }
                default -> {}
            }
        }
        begun.keySet()
                .forEach(ticket -> ticket(
                        body, body.instructions().size() - 1, "exchange " + ticket + " is begun and never awaited"));
    }

    private void ticket(Body body, int instruction, String fault) {
        violations.add(Rule.IN_FLIGHT, rank.stage(), body.name(), instruction, fault);
    }

    private void branches(Schedule schedule) {
        switch (schedule) {
            case Schedule.Sequence s -> s.parts().forEach(this::branches);
            case Schedule.Repeat r -> branches(r.body());
            case Schedule.Let l -> {
                sameOnAllReplicas("let " + l.variable(), l.value());
                branches(l.body());
            }
            case Schedule.Choose c -> {
                sameOnAllReplicas("choose", c.selector());
                c.cases().forEach(this::branches);
            }
            case Schedule.Call c -> {
                // Arguments only say where things lie.
            }
        }
    }

    private void sameOnAllReplicas(String what, IndexExpr expr) {
        for (String axis : axes(expr)) {
            if (!axis.equals(MeshShape.PIPELINE)) {
                violations.add(
                        Rule.EXCHANGES_AGREE, rank.stage(), "", -1, what + " " + expr + " differs along " + axis);
            }
        }
    }

    private static List<String> axes(IndexExpr expr) {
        return switch (expr) {
            case IndexExpr.Const c -> List.of();
            case IndexExpr.Variable v -> List.of();
            case IndexExpr.Coordinate c -> List.of(c.axis());
            case IndexExpr.Lookup l -> axes(l.index());
            case IndexExpr.Binary b -> {
                var both = new ArrayList<>(axes(b.left()));
                both.addAll(axes(b.right()));
                yield both;
            }
        };
    }

    private Optional<String> fault(Instruction instruction) {
        return switch (instruction) {
            case Instruction.Exchange e -> exchange(e);
            case Instruction.Begin b -> exchange(b.exchange());
            case Instruction.Await a -> Optional.empty();
            case Instruction.FlatExchange e -> flat(e);
            case Instruction.Compute c -> Optional.empty();
            case Instruction.TiedReduce t -> Optional.empty();
            case Instruction.Send s -> pipelineOnly(s.axis());
            case Instruction.Receive r -> pipelineOnly(r.axis());
            case Instruction.Load l -> Optional.empty();
            case Instruction.RecordLoss r -> Optional.empty();
            case Instruction.Deliver d -> Optional.empty();
            case Instruction.Allocate a -> Optional.empty();
            case Instruction.Free f -> Optional.empty();
            case Instruction.Zero z -> Optional.empty();
            case Instruction.Update u -> Optional.empty();
            case Instruction.Move m -> Optional.empty();
        };
    }

    private Optional<String> exchange(Instruction.Exchange exchange) {
        Communication op = exchange.op();
        var expected = op.results(List.of(exchange.operand().type())).getFirst();
        if (!expected.equals(exchange.result().type())) {
            return Optional.of(op.label() + " of " + exchange.operand().type() + " gives " + expected + ", not "
                    + exchange.result().type());
        }
        return ways(op.axis(), op.ways());
    }

    private Optional<String> flat(Instruction.FlatExchange exchange) {
        boolean cuts = exchange.kind() != Communication.Kind.ALL_REDUCE;
        if (cuts && exchange.elements() % exchange.ways() != 0) {
            return Optional.of(exchange.elements() + " elements do not cut into " + exchange.ways() + " chunks");
        }
        return ways(exchange.axis(), exchange.ways());
    }

    private Optional<String> ways(String axis, int ways) {
        int size = program.mesh().size(axis);
        return size == ways
                ? Optional.empty()
                : Optional.of("exchanges among " + ways + " ranks of axis " + axis + ", which has " + size);
    }

    private static Optional<String> pipelineOnly(String axis) {
        return axis.equals(MeshShape.PIPELINE)
                ? Optional.empty()
                : Optional.of("messages go along the pipeline, not along " + axis);
    }
}
