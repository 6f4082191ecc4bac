package dev.dovetail.ir.verify;

import dev.dovetail.ir.program.Buffer;
import dev.dovetail.ir.program.CompiledIndex;
import dev.dovetail.ir.program.IndexExpr;
import dev.dovetail.ir.program.Instruction;
import dev.dovetail.ir.program.Instruction.Channel;
import dev.dovetail.ir.program.Program;
import dev.dovetail.ir.program.RankClass;
import dev.dovetail.ir.program.Schedule;
import dev.dovetail.ir.program.ScheduleWalk;
import dev.dovetail.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/** Matches the messages between stages, then plays them with buffered sends to see that every stage comes to its end. */
final class MessageChecker {
    private final int stages;
    private final ViolationCollector violations;
    private final List<List<Event>> events = new ArrayList<>();

    /** Messages from one stage to another on one channel. */
    private record Route(int sender, int receiver, Channel channel) {}

    /** A moment at which a stage meets another. */
    private sealed interface Event {
        String body();

        int instruction();
    }

    private record Message(Route route, boolean sends, long tag, TensorType type, String body, int instruction)
            implements Event {}

    private record Meeting(Instruction.TiedReduce reduce, String body, int instruction) implements Event {}

    private MessageChecker(int stages, ViolationCollector violations) {
        this.stages = stages;
        this.violations = violations;
    }

    static void check(Program program, Function<RankClass, Schedule> of, ViolationCollector violations) {
        var checker = new MessageChecker(program.classes().size(), violations);
        program.classes().forEach(rank -> checker.events.add(checker.collect(rank, of.apply(rank))));
        checker.matchMessages();
        checker.matchMeetings();
        checker.play();
    }

    private List<Event> collect(RankClass rank, Schedule schedule) {
        var collected = new ArrayList<Event>();
        var walk = new ScheduleWalk(rank, schedule, Map.of());
        var makers = walk.sites().stream().map(site -> makers(rank, site, walk)).toList();
        walk.forEachCall((site, variables, choice) ->
                makers.get(site.number()).forEach(maker -> collected.add(maker.apply(variables))));
        return collected;
    }

    private List<Function<long[], Event>> makers(RankClass rank, ScheduleWalk.CallSite site, ScheduleWalk walk) {
        var makers = new ArrayList<Function<long[], Event>>();
        List<Instruction> instructions = site.body().instructions();
        for (int i = 0; i < instructions.size(); i++) {
            int at = i;
            Instruction instruction = instructions.get(i);
            if (instruction instanceof Instruction.Send s) {
                var route = new Route(rank.stage(), other(rank, s.distance()), s.channel());
                makers.add(message(route, true, s.buffer(), s.tag(), site, walk, at));
            } else if (instruction instanceof Instruction.Receive r) {
                var route = new Route(other(rank, r.distance()), rank.stage(), r.channel());
                makers.add(message(route, false, r.buffer(), r.tag(), site, walk, at));
            } else if (instruction instanceof Instruction.TiedReduce t) {
                makers.add(variables -> new Meeting(t, site.body().name(), at));
            }
        }
        return makers;
    }

    private static Function<long[], Event> message(
            Route route,
            boolean sends,
            Buffer buffer,
            IndexExpr tag,
            ScheduleWalk.CallSite site,
            ScheduleWalk walk,
            int instruction) {
        CompiledIndex compiled = site.compile(tag, walk.coordinates());
        return variables -> new Message(
                route, sends, compiled.at(variables), buffer.type(), site.body().name(), instruction);
    }

    private int other(RankClass rank, int distance) {
        return Math.floorMod(rank.stage() + distance, stages);
    }

    private void matchMessages() {
        var sent = new LinkedHashMap<Route, List<Message>>();
        var received = new LinkedHashMap<Route, List<Message>>();
        for (List<Event> ofStage : events) {
            for (Event event : ofStage) {
                if (event instanceof Message m) {
                    (m.sends() ? sent : received)
                            .computeIfAbsent(m.route(), r -> new ArrayList<>())
                            .add(m);
                }
            }
        }
        var routes = new LinkedHashMap<>(sent);
        received.forEach(routes::putIfAbsent);
        for (Route route : routes.keySet()) {
            match(sent.getOrDefault(route, List.of()), received.getOrDefault(route, List.of()));
        }
    }

    private void match(List<Message> sent, List<Message> received) {
        for (int i = 0; i < Math.max(sent.size(), received.size()); i++) {
            if (i >= received.size()) {
                report(sent.get(i), "sends " + name(sent.get(i)) + ", which nobody receives");
                return;
            }
            Message taken = received.get(i);
            if (i >= sent.size()) {
                report(taken, "receives " + name(taken) + ", which nobody sends");
                return;
            }
            Message left = sent.get(i);
            if (left.tag() != taken.tag()) {
                report(taken, "receives " + name(taken) + " where " + name(left) + " comes next");
                return;
            }
            if (!left.type().equals(taken.type())) {
                report(taken, "receives " + taken.type() + " where " + left.type() + " is sent");
                return;
            }
        }
    }

    private void report(Message m, String message) {
        int stage = m.sends() ? m.route().sender() : m.route().receiver();
        violations.add(Rule.MESSAGES_MATCH, stage, m.body(), m.instruction(), message);
    }

    private static String name(Message m) {
        return "message " + m.tag() + " of " + m.route().channel().name().toLowerCase(java.util.Locale.ROOT)
                + " from stage " + m.route().sender() + " to " + m.route().receiver();
    }

    /** Every named stage takes part in a reduction between stages, with the same sizes. */
    private void matchMeetings() {
        for (int stage = 0; stage < stages; stage++) {
            for (Event event : events.get(stage)) {
                if (event instanceof Meeting m) {
                    matchMeeting(stage, m);
                }
            }
        }
    }

    private void matchMeeting(int stage, Meeting meeting) {
        var reduce = meeting.reduce();
        for (int peer : reduce.stages()) {
            boolean known = peer >= 0 && peer < stages;
            boolean agrees = known
                    && reduce.stages().contains(stage)
                    && events.get(peer).stream()
                            .anyMatch(e -> e instanceof Meeting other
                                    && other.reduce().stages().equals(reduce.stages())
                                    && other.reduce().elements() == reduce.elements()
                                    && other.reduce().element() == reduce.element());
            if (!agrees) {
                violations.add(
                        Rule.EXCHANGES_AGREE,
                        stage,
                        meeting.body(),
                        meeting.instruction(),
                        "sums " + reduce.elements() + " elements over stages " + reduce.stages() + ", but stage " + peer
                                + " takes no such part");
            }
        }
    }

    /** Lets every stage run as far as it can, until all are done or none can move. */
    private void play() {
        var state = new Play(events, new int[stages], new HashMap<>(), new HashMap<>());
        boolean moved = true;
        while (moved) {
            moved = false;
            for (int stage = 0; stage < stages; stage++) {
                while (state.advances(stage)) {
                    moved = true;
                }
            }
        }
        for (int stage = 0; stage < stages; stage++) {
            if (!state.isDone(stage)) {
                Event stuck = state.next(stage);
                violations.add(Rule.NO_DEADLOCK, stage, stuck.body(), stuck.instruction(), "waits forever");
            }
        }
    }

    /** How far each stage has come, what is under way, and who waits at a meeting. */
    private record Play(
            List<List<Event>> events,
            int[] next,
            Map<Letter, Integer> underWay,
            Map<List<Integer>, Set<Integer>> present) {
        private record Letter(Route route, long tag) {}

        boolean isDone(int stage) {
            return next[stage] == events.get(stage).size();
        }

        Event next(int stage) {
            return events.get(stage).get(next[stage]);
        }

        boolean advances(int stage) {
            if (isDone(stage)) {
                return false;
            }
            return switch (next(stage)) {
                case Message m
                when m.sends() -> {
                    underWay.merge(new Letter(m.route(), m.tag()), 1, Integer::sum);
                    next[stage]++;
                    yield true;
                }
                case Message m -> receives(stage, new Letter(m.route(), m.tag()));
                case Meeting m -> meets(stage, m.reduce().stages());
            };
        }

        private boolean receives(int stage, Letter letter) {
            int waiting = underWay.getOrDefault(letter, 0);
            if (waiting > 0) {
                underWay.put(letter, waiting - 1);
                next[stage]++;
            }
            return waiting > 0;
        }

        private boolean meets(int stage, List<Integer> members) {
            Set<Integer> here = present.computeIfAbsent(members, m -> new HashSet<>());
            here.add(stage);
            boolean complete = here.containsAll(members);
            if (complete) {
                present.remove(members);
                here.forEach(member -> next[member]++);
            }
            return complete;
        }
    }
}
