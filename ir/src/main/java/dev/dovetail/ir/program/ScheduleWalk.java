package dev.dovetail.ir.program;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The flat list of a rank's calls, as a view of its schedule: visits every call of every loop in order. */
public final class ScheduleWalk {
    private final RankClass rank;
    private final Map<String, Integer> coordinates;
    private final List<CallSite> sites = new ArrayList<>();
    private final Step root;
    private int variables;

    /**
     * One place in a schedule where a body is called.
     *
     * @param number counts the places in the order of the text
     * @param scope where each loop variable lies in the array that visitors get
     */
    public record CallSite(int number, Body body, Map<String, IndexExpr> arguments, Map<String, Integer> scope) {

        /** An expression over the body's parameters, in terms of the loop variables around the call. */
        public CompiledIndex compile(IndexExpr expr, Map<String, Integer> coordinates) {
            return CompiledIndex.of(expr.substitute(arguments), scope, coordinates);
        }
    }

    /** Sees each call; the array of loop variables is reused. */
    @FunctionalInterface
    public interface Visitor {
        /** @param choice the case taken of the innermost choice around the call; 0 outside one */
        void visit(CallSite site, long[] variables, int choice);
    }

    /** @param coordinates the rank's place along the mesh axes; its stage is known */
    public ScheduleWalk(RankClass rank, Schedule schedule, Map<String, Integer> coordinates) {
        this.rank = rank;
        this.coordinates = new HashMap<>(coordinates);
        this.coordinates.put(MeshShape.PIPELINE, rank.stage());
        this.root = compile(schedule, Map.of());
    }

    /** Every place where the schedule calls a body. */
    public List<CallSite> sites() {
        return List.copyOf(sites);
    }

    public Map<String, Integer> coordinates() {
        return Map.copyOf(coordinates);
    }

    public void forEachCall(Visitor visitor) {
        root.run(new long[variables], 0, visitor);
    }

    /** A part of the schedule with its variables numbered. */
    @FunctionalInterface
    private interface Step {
        void run(long[] variables, int choice, Visitor visitor);
    }

    private Step compile(Schedule schedule, Map<String, Integer> scope) {
        return switch (schedule) {
            case Schedule.Sequence s ->
                sequence(s.parts().stream().map(part -> compile(part, scope)).toList());
            case Schedule.Repeat r -> {
                int place = variables++;
                yield repeat(place, r.count(), compile(r.body(), with(scope, r.variable(), place)));
            }
            case Schedule.Let l -> {
                CompiledIndex value = CompiledIndex.of(l.value(), scope, coordinates);
                int place = variables++;
                Step body = compile(l.body(), with(scope, l.variable(), place));
                yield (values, choice, visitor) -> {
                    values[place] = value.at(values);
                    body.run(values, choice, visitor);
                };
            }
            case Schedule.Choose c -> {
                CompiledIndex selector = CompiledIndex.of(c.selector(), scope, coordinates);
                var cases = c.cases().stream().map(part -> compile(part, scope)).toList();
                yield (values, choice, visitor) -> {
                    int taken = Math.toIntExact(selector.at(values));
                    cases.get(taken).run(values, taken, visitor);
                };
            }
            case Schedule.Call c -> {
                var site = new CallSite(sites.size(), rank.body(c.body()), c.arguments(), scope);
                sites.add(site);
                yield (values, choice, visitor) -> visitor.visit(site, values, choice);
            }
        };
    }

    private static Step sequence(List<Step> parts) {
        return (values, choice, visitor) -> {
            for (Step part : parts) {
                part.run(values, choice, visitor);
            }
        };
    }

    private static Step repeat(int place, long count, Step body) {
        return (values, choice, visitor) -> {
            for (long i = 0; i < count; i++) {
                values[place] = i;
                body.run(values, choice, visitor);
            }
        };
    }

    private static Map<String, Integer> with(Map<String, Integer> scope, String variable, int place) {
        var inner = new HashMap<>(scope);
        inner.put(variable, place);
        return inner;
    }
}
