package dev.dovetail.ir.timing;

import dev.dovetail.ir.program.Instruction.Channel;
import dev.dovetail.ir.program.Program;
import dev.dovetail.ir.program.RankClass;
import dev.dovetail.ir.program.Schedule;
import dev.dovetail.ir.timing.TimedBody.Await;
import dev.dovetail.ir.timing.TimedBody.Leave;
import dev.dovetail.ir.timing.TimedBody.Meet;
import dev.dovetail.ir.timing.TimedBody.Work;
import dev.dovetail.ir.units.Seconds;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Runs a program's schedules on a virtual clock: a discrete-event simulation of one representative rank of each pipeline
 * stage.
 *
 * <p>Data and tensor replicas of a stage are the same program with the same costs, so they run in lockstep; where ranks share
 * cores each counts as one more that is runnable. Shared cores are processor sharing: all runnable ranks progress at one
 * rate, so a single clock of work done orders their ends, whatever the rate was meanwhile.
 */
public final class ProgramTimer {
    private final int replicas;
    private final DeviceSharing sharing;
    private final List<StageClock> clocks = new ArrayList<>();
    private final StageQueue working = new StageQueue();
    private final StageQueue waking = new StageQueue();
    private final Map<Address, Letter> letters = new HashMap<>();
    private final Map<Address, StageClock> waiting = new HashMap<>();
    private final Map<List<Integer>, List<StageClock>> met = new HashMap<>();
    private double now;
    private double workDone;

    /** What tells one message of a step from another. */
    private record Address(int sender, int receiver, Channel channel, long tag) {}

    /** When a message left and when it can be had. */
    private record Letter(double sent, double arrival) {}

    private ProgramTimer(
            Program program, InstructionCost cost, DeviceSharing sharing, Function<RankClass, Schedule> of) {
        this.replicas = program.mesh().ranks() / program.classes().size();
        this.sharing = sharing;
        program.classes().forEach(rank -> clocks.add(new StageClock(StageTrace.of(rank, of.apply(rank), cost))));
    }

    /**
     * One training step.
     *
     * @throws IllegalStateException where stages wait for one another forever
     */
    public static Timeline time(Program program, InstructionCost cost, DeviceSharing sharing) {
        return new ProgramTimer(program, cost, sharing, RankClass::step).run();
    }

    /** One evaluation: the forward half alone. */
    public static Timeline timeEvaluation(Program program, InstructionCost cost, DeviceSharing sharing) {
        return new ProgramTimer(program, cost, sharing, RankClass::evaluate).run();
    }

    private Timeline run() {
        clocks.forEach(this::proceed);
        while (!working.isEmpty() || !waking.isEmpty()) {
            double rate = sharing.rate(Math.max(1, working.size() * replicas));
            double workEnds =
                    working.isEmpty() ? Double.POSITIVE_INFINITY : now + (working.soonest() - workDone) / rate;
            if (workEnds <= waking.soonest()) {
                workDone = working.soonest();
                now = workEnds;
                endWork(clocks.get(working.poll()));
            } else {
                workDone += (waking.soonest() - now) * (working.isEmpty() ? 0 : rate);
                now = waking.soonest();
                endWait(clocks.get(waking.poll()));
            }
        }
        failWhereStuck();
        double end = now;
        return new Timeline(
                Seconds.of(end), clocks.stream().map(clock -> clock.finish(end)).toList());
    }

    private void endWork(StageClock clock) {
        switch (clock.current()) {
            case Work work -> clock.worked(work, now);
            case Meet meet -> clock.spend(TimePart.PIPELINE_COMM, now - clock.since());
            case Leave l -> throw new IllegalStateException("a send takes no time of its own");
            case Await a -> throw new IllegalStateException("a receive takes no time of its own");
        }
        clock.next();
        proceed(clock);
    }

    /** A message that the stage waited for has arrived. */
    private void endWait(StageClock clock) {
        receive(clock, addressOf(clock, (Await) clock.current()));
        proceed(clock);
    }

    /** Lets a stage run until it is busy, waits, or is done. */
    private void proceed(StageClock clock) {
        boolean free = true;
        while (free && clock.settle(now)) {
            clock.begin(now);
            free = switch (clock.current()) {
                case Work work -> {
                    working.add(workDone + work.seconds(), clock.stage());
                    yield false;
                }
                case Leave leave -> leave(clock, leave);
                case Await await -> await(clock, addressOf(clock, await));
                case Meet meet -> meet(clock, meet);
            };
        }
    }

    private boolean leave(StageClock clock, Leave leave) {
        int receiver = neighbour(clock, leave.send().distance());
        var address = new Address(clock.stage(), receiver, leave.send().channel(), clock.tag(leave.index()));
        if (letters.put(address, new Letter(now, now + leave.flight())) != null) {
            throw new IllegalStateException(clock.place() + " sends " + address + " again before it was received");
        }
        StageClock waiter = waiting.remove(address);
        if (waiter != null) {
            waking.add(now + leave.flight(), waiter.stage());
        }
        clock.next();
        return true;
    }

    private boolean await(StageClock clock, Address address) {
        Letter letter = letters.get(address);
        if (letter == null) {
            waiting.put(address, clock);
            return false;
        }
        if (letter.arrival() > now) {
            waking.add(letter.arrival(), clock.stage());
            return false;
        }
        receive(clock, address);
        return true;
    }

    private void receive(StageClock clock, Address address) {
        clock.waited(letters.remove(address).sent(), now);
        clock.next();
    }

    /** The last to come lets all go on. */
    private boolean meet(StageClock clock, Meet meet) {
        var present = met.computeIfAbsent(meet.stages(), s -> new ArrayList<>());
        present.add(clock);
        if (present.size() == meet.stages().size()) {
            met.remove(meet.stages());
            for (StageClock member : present) {
                member.spend(TimePart.BUBBLE, now - member.since());
                member.begin(now);
                working.add(workDone + meet.seconds(), member.stage());
            }
        }
        return false;
    }

    private Address addressOf(StageClock clock, Await await) {
        int sender = neighbour(clock, await.receive().distance());
        return new Address(sender, clock.stage(), await.receive().channel(), clock.tag(await.index()));
    }

    private int neighbour(StageClock clock, int distance) {
        return Math.floorMod(clock.stage() + distance, clocks.size());
    }

    private void failWhereStuck() {
        var stuck = clocks.stream()
                .filter(clock -> !clock.isDone())
                .map(StageClock::place)
                .toList();
        if (!stuck.isEmpty()) {
            throw new IllegalStateException("the program waits forever: " + String.join("; ", stuck));
        }
    }
}
