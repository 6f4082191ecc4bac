package dev.dovetail.backends.java;

import dev.dovetail.ir.program.Body.Activity;
import dev.dovetail.ir.program.IndexExpr;
import dev.dovetail.ir.program.Instruction;
import dev.dovetail.ir.program.RankClass;
import dev.dovetail.ir.program.Schedule;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What can be said of a piece of a rank's schedule without running it. */
record ScheduleShape(RankClass rank) {

    /** Loops of one turn become what they repeat, and calls of bodies that do nothing go. */
    Schedule simplified(Schedule schedule) {
        return simplified(schedule, Map.of());
    }

    private Schedule simplified(Schedule schedule, Map<String, IndexExpr> known) {
        return switch (schedule) {
            case Schedule.Sequence s ->
                Schedule.sequence(s.parts().stream()
                        .map(part -> simplified(part, known))
                        .flatMap(part ->
                                part instanceof Schedule.Sequence inner ? inner.parts().stream() : Stream.of(part))
                        .toList());
            case Schedule.Repeat r
            when r.count() == 1 -> {
                var more = new LinkedHashMap<>(known);
                more.put(r.variable(), IndexExpr.of(0));
                yield simplified(r.body(), more);
            }
            case Schedule.Repeat r -> {
                Schedule body = simplified(r.body(), known);
                yield isNothing(body) ? body : new Schedule.Repeat(r.variable(), r.count(), body);
            }
            case Schedule.Choose c ->
                new Schedule.Choose(
                        c.selector().substitute(known),
                        c.cases().stream().map(one -> simplified(one, known)).toList());
            case Schedule.Let l ->
                new Schedule.Let(l.variable(), l.value().substitute(known), simplified(l.body(), known));
            case Schedule.Call c when rank.body(c.body()).instructions().isEmpty() -> Schedule.sequence(nothing());
            case Schedule.Call c -> new Schedule.Call(c.body(), substituted(c.arguments(), known));
        };
    }

    private static java.util.List<Schedule> nothing() {
        return java.util.List.of();
    }

    private static boolean isNothing(Schedule schedule) {
        return schedule instanceof Schedule.Sequence s && s.parts().isEmpty();
    }

    private static Map<String, IndexExpr> substituted(Map<String, IndexExpr> arguments, Map<String, IndexExpr> known) {
        return arguments.entrySet().stream()
                .collect(Collectors.toMap(Map.Entry::getKey, e -> e.getValue().substitute(known)));
    }

    private Stream<Schedule.Call> calls(Schedule schedule) {
        return switch (schedule) {
            case Schedule.Sequence s -> s.parts().stream().flatMap(this::calls);
            case Schedule.Repeat r -> calls(r.body());
            case Schedule.Choose c -> c.cases().stream().flatMap(this::calls);
            case Schedule.Let l -> calls(l.body());
            case Schedule.Call c -> Stream.of(c);
        };
    }

    Stream<Instruction> instructions(Schedule schedule) {
        return calls(schedule).flatMap(call -> rank.body(call.body()).instructions().stream());
    }

    /** The one activity of everything the schedule calls; empty where there are several. */
    Optional<Activity> activity(Schedule schedule) {
        var all = calls(schedule).map(call -> rank.body(call.body()).activity()).collect(Collectors.toSet());
        return all.size() == 1 ? Optional.of(all.iterator().next()) : Optional.empty();
    }

    /** Whether some call belongs to the activity. */
    boolean has(Activity activity, Schedule schedule) {
        return calls(schedule).anyMatch(call -> rank.body(call.body()).activity() == activity);
    }
}
