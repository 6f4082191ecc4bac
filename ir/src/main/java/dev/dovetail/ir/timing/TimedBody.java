package dev.dovetail.ir.timing;

import dev.dovetail.ir.program.Body;
import dev.dovetail.ir.program.IndexExpr;
import dev.dovetail.ir.program.Instruction;
import dev.dovetail.ir.program.RankClass;
import java.util.ArrayList;
import java.util.List;

/** A body reduced to what the clock needs: stretches of work, and the messages between them. */
record TimedBody(Body body, List<Step> steps) {

    /** What the clock does next for a rank. */
    sealed interface Step {}

    /** Busy for a while; seconds by {@link TimePart} ordinal. */
    record Work(double seconds, double[] parts) implements Step {}

    /** Leaves a message for another stage; {@code index} counts the messages of the body. */
    record Leave(Instruction.Send send, double flight, int index) implements Step {}

    /** Waits for a message. */
    record Await(Instruction.Receive receive, int index) implements Step {}

    /** Waits until all {@code stages} have come here, then all are busy together. */
    record Meet(List<Integer> stages, double seconds) implements Step {}

    static TimedBody of(RankClass rank, Body body, InstructionCost cost) {
        var steps = new Steps();
        List<Instruction> instructions = body.instructions();
        double[] busy = cost.seconds(rank, instructions);
        for (int i = 0; i < busy.length; i++) {
            switch (instructions.get(i)) {
                case Instruction.Allocate a -> {}
                case Instruction.Free f -> {}
                case Instruction.Send s -> {
                    steps.work(s, busy[i]);
                    steps.message(new Leave(s, cost.flight(rank, s).value(), steps.messages));
                }
                case Instruction.Receive r -> {
                    steps.message(new Await(r, steps.messages));
                    steps.work(r, busy[i]);
                }
                case Instruction.TiedReduce t -> steps.add(new Meet(t.stages(), busy[i]));
                case Instruction.Compute c -> steps.work(c, busy[i]);
                case Instruction.Exchange e -> steps.work(e, busy[i]);
                case Instruction.Begin b -> steps.work(b, busy[i]);
                case Instruction.Await a -> steps.work(a, busy[i]);
                case Instruction.FlatExchange e -> steps.work(e, busy[i]);
                case Instruction.Load l -> steps.work(l, busy[i]);
                case Instruction.RecordLoss r -> steps.work(r, busy[i]);
                case Instruction.Zero z -> steps.work(z, busy[i]);
                case Instruction.Update u -> steps.work(u, busy[i]);
                case Instruction.Move m -> steps.work(m, busy[i]);
                case Instruction.Deliver d -> steps.work(d, busy[i]);
            }
        }
        return new TimedBody(body, steps.finish());
    }

    /** Joins neighbouring work. */
    private static final class Steps {
        private final List<Step> steps = new ArrayList<>();
        private double[] parts = new double[TimePart.values().length];
        private double seconds;
        private int messages;

        void work(Instruction instruction, double busy) {
            if (!(busy >= 0)) {
                throw new IllegalArgumentException("an instruction cannot take " + busy + " s: " + instruction);
            }
            parts[TimePart.of(instruction).ordinal()] += busy;
            seconds += busy;
        }

        void message(Step step) {
            add(step);
            messages++;
        }

        void add(Step step) {
            flush();
            steps.add(step);
        }

        private void flush() {
            if (seconds > 0) {
                steps.add(new Work(seconds, parts));
                parts = new double[TimePart.values().length];
                seconds = 0;
            }
        }

        List<Step> finish() {
            flush();
            return List.copyOf(steps);
        }
    }

    /** The tags of the body's messages in order, as expressions over its parameters. */
    List<IndexExpr> tags() {
        var tags = new ArrayList<IndexExpr>();
        for (Step step : steps) {
            switch (step) {
                case Leave l -> tags.add(l.send().tag());
                case Await a -> tags.add(a.receive().tag());
                case Work w -> {}
                case Meet m -> {}
            }
        }
        return tags;
    }
}
