package dev.dovetail.ir.reference;

import dev.dovetail.ir.graph.Input;
import dev.dovetail.ir.op.Splitting;
import dev.dovetail.ir.program.Instruction;
import dev.dovetail.ir.program.MeshShape;
import dev.dovetail.ir.program.Program;
import dev.dovetail.ir.program.RankClass;
import dev.dovetail.ir.program.Schedule;
import dev.dovetail.ir.program.StateEntry;
import dev.dovetail.ir.scalar.AdamW;
import dev.dovetail.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Runs a program on every rank of its mesh, plainly: arenas of bytes, real messages, operators in float64. It exists to check
 * that every plan computes the same thing; jobs run generated code.
 *
 * <p>Ranks take turns in one thread, each running until it waits for a message or for the ranks of its group. Memory that is
 * allocated or freed is filled with not-a-number, so that nothing stale passes for a result.
 */
public final class ProgramInterpreter {
    private final Program program;
    private final AdamW optimizer;
    private final Inputs inputs;
    private final List<InterpretedRank> ranks = new ArrayList<>();
    private final Map<Letter, DoubleTensor> underWay = new HashMap<>();

    /** What a micro-batch reads: I32 [sequence, batch]. */
    @FunctionalInterface
    public interface Inputs {
        /**
         * @param ahead how many tokens further than the source itself
         * @param microbatch counted within the data rank's share of the global batch
         */
        DoubleTensor load(Input.Source source, int ahead, TensorType type, int data, int microbatch);
    }

    /** A message by the ranks it goes between, its channel and its tag. */
    record Letter(int sender, int receiver, Instruction.Channel channel, long tag) {}

    public ProgramInterpreter(Program program, AdamW optimizer, Inputs inputs) {
        this.program = program;
        this.optimizer = optimizer;
        this.inputs = inputs;
        for (RankClass stage : program.classes()) {
            for (int data = 0; data < program.mesh().size(MeshShape.DATA); data++) {
                for (int tensor = 0; tensor < program.mesh().size(MeshShape.TENSOR); tensor++) {
                    ranks.add(new InterpretedRank(this, stage, data, tensor));
                }
            }
        }
    }

    /** Sets every weight, and every moment to zero. */
    public void initialize(Function<String, DoubleTensor> weights) {
        for (InterpretedRank rank : ranks) {
            for (StateEntry entry : rank.stage().state()) {
                DoubleTensor whole = entry.kind() == StateEntry.Kind.WEIGHT
                        ? weights.apply(entry.parameter())
                        : DoubleTensor.zeros(entry.type());
                rank.scatter(entry, whole);
            }
        }
    }

    /**
     * Goes on in the arenas of a run of another program, which must keep every tensor at the same place: no element is moved
     * within them or between ranks.
     */
    public void takeOver(ProgramInterpreter other) {
        for (int i = 0; i < ranks.size(); i++) {
            ranks.get(i).takeOver(other.ranks.get(i));
        }
    }

    /** One training step; the sum of all tokens' losses before its update. */
    public double step(double learningRate, int number) {
        var symbols = new LinkedHashMap<String, Double>();
        symbols.put(AdamW.LEARNING_RATE, learningRate);
        symbols.put(AdamW.FIRST_CORRECTION, 1 / (1 - Math.pow(optimizer.beta1(), number)));
        symbols.put(AdamW.SECOND_CORRECTION, 1 / (1 - Math.pow(optimizer.beta2(), number)));
        return run(RankClass::step, symbols);
    }

    /** The forward half; the sum of all tokens' losses. */
    public double evaluate() {
        return run(RankClass::evaluate, Map.of());
    }

    private double run(Function<RankClass, Schedule> schedule, Map<String, Double> symbols) {
        var all = new HashMap<>(symbols);
        double tokens = (double) program.microbatches()
                * program.microbatch()
                * program.sequence()
                * program.mesh().replicas();
        all.put(Instruction.StepSymbol.LOSS_SCALE.symbol(), 1 / tokens);
        ranks.forEach(rank -> rank.start(schedule.apply(rank.stage()), all));
        boolean moved = true;
        while (moved) {
            moved = false;
            for (InterpretedRank rank : ranks) {
                moved |= rank.advance();
            }
        }
        for (InterpretedRank rank : ranks) {
            if (!rank.isDone()) {
                throw new IllegalStateException("rank " + rank + " waits forever at " + rank.current());
            }
        }
        return ranks.stream().mapToDouble(InterpretedRank::loss).sum();
    }

    /** A parameter's state put together from the ranks that keep parts of it; fails where copies differ in a bit. */
    public DoubleTensor gather(String parameter, StateEntry.Kind kind) {
        var parts = new Assembly();
        for (InterpretedRank rank : ranks) {
            for (StateEntry entry : rank.stage().state()) {
                if (entry.parameter().equals(parameter) && entry.kind() == kind) {
                    rank.gather(entry, parts);
                }
            }
        }
        return parts.whole();
    }

    /** Collects elements of one tensor. */
    static final class Assembly {
        private double[] values = new double[0];
        private boolean[] known = new boolean[0];
        private TensorType type = new TensorType(dev.dovetail.ir.tensor.ElementType.F64, List.of());

        void put(TensorType whole, int element, double value) {
            if (values.length == 0) {
                type = whole;
                values = new double[Math.toIntExact(whole.elements())];
                known = new boolean[values.length];
            }
            if (known[element] && Double.compare(values[element], value) != 0) {
                throw new IllegalStateException("copies of element " + element + " of " + whole + " differ: "
                        + values[element] + " and " + value);
            }
            values[element] = value;
            known[element] = true;
        }

        DoubleTensor whole() {
            for (int i = 0; i < known.length; i++) {
                if (!known[i]) {
                    throw new IllegalStateException("no rank keeps element " + i + " of " + type);
                }
            }
            return new DoubleTensor(type, values);
        }
    }

    // --- what ranks ask of one another ---

    MeshShape shape() {
        return program.mesh();
    }

    Inputs inputs() {
        return inputs;
    }

    AdamW optimizer() {
        return optimizer;
    }

    void send(Letter letter, DoubleTensor tensor) {
        if (underWay.put(letter, tensor) != null) {
            throw new IllegalStateException("sent again before it was received: " + letter);
        }
    }

    java.util.Optional<DoubleTensor> receive(Letter letter) {
        return java.util.Optional.ofNullable(underWay.remove(letter));
    }

    int indexOf(int stage, int data, int tensor) {
        MeshShape mesh = program.mesh();
        int stages = program.classes().size();
        return (Math.floorMod(stage, stages) * mesh.size(MeshShape.DATA) + data) * mesh.size(MeshShape.TENSOR) + tensor;
    }

    /** The ranks that differ from {@code rank} along {@code axis} alone, in the order of the axis. */
    List<InterpretedRank> along(String axis, InterpretedRank rank) {
        Map<String, MeshShape.Part> parts = program.mesh().parts();
        MeshShape.Part group = parts.getOrDefault(
                axis, new MeshShape.Part(axis, 1, program.mesh().size(axis)));
        return ranks.stream()
                .filter(other -> program.mesh().axes().keySet().stream()
                        .allMatch(a -> a.equals(group.of())
                                ? apart(group, other.at(a)) == apart(group, rank.at(a))
                                : other.at(a) == rank.at(a)))
                .toList();
    }

    /** Equal for all ranks of one group along an axis. */
    private static int apart(MeshShape.Part group, int coordinate) {
        return coordinate - group.place(coordinate) * group.stride();
    }

    /** Sums or maxima in rank order. */
    static double[] reduced(List<double[]> parts, Splitting reduction) {
        double[] total = parts.getFirst().clone();
        for (double[] part : parts.subList(1, parts.size())) {
            for (int i = 0; i < total.length; i++) {
                total[i] = reduction == Splitting.MAX ? Math.max(total[i], part[i]) : total[i] + part[i];
            }
        }
        return total;
    }
}
