package dev.dovetail.runtime.train;

import dev.dovetail.runtime.collective.Chunks;
import dev.dovetail.runtime.collective.Communicator;
import dev.dovetail.runtime.memory.ElementType;
import dev.dovetail.runtime.memory.MemoryPart;
import dev.dovetail.runtime.mesh.Axis;
import dev.dovetail.runtime.mesh.Position;
import dev.dovetail.runtime.rank.Activity;
import dev.dovetail.runtime.rank.Given;
import dev.dovetail.runtime.rank.Initial;
import dev.dovetail.runtime.rank.RankContext;
import dev.dovetail.runtime.rank.RankProgram;
import dev.dovetail.runtime.rank.StateKind;
import dev.dovetail.runtime.rank.StateShard;
import dev.dovetail.runtime.rank.StepInputs;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * The smallest program that uses everything a generated one does: a byte bigram model, scores = embed[token] x head, in
 * float64 with Adam, over one or two pipeline stages and any number of data ranks, with or without a sharded optimizer.
 */
public final class TinyProgram implements RankProgram {
    public static final int VOCABULARY = 256;
    public static final int WIDTH = 8;
    private static final int MATRIX = VOCABULARY * WIDTH;

    private final boolean sharded;
    private final boolean first;
    private final boolean last;
    private final int parameters;
    private final Chunks chunks;
    private final int dataRank;
    private final int microbatches;
    private final int rows;

    private final long embed;
    private final long head;
    private final long gradients;
    private final long firstMoments;
    private final long secondMoments;
    private final long activations;
    private final long inputGradient;
    private final long end;

    TinyProgram(TrainingJob job, boolean sharded, Position position) {
        this.sharded = sharded;
        int stages = job.mesh().size(Axis.PIPELINE);
        first = position.coordinate(Axis.PIPELINE) == 0;
        last = position.coordinate(Axis.PIPELINE) == stages - 1;
        parameters = (first ? MATRIX : 0) + (last ? MATRIX : 0);
        dataRank = position.coordinate(Axis.DATA);
        int dataRanks = job.mesh().size(Axis.DATA);
        chunks = sharded ? Chunks.even(parameters, dataRanks) : new Chunks(1, List.of((long) parameters));
        microbatches = job.microbatches();
        rows = job.microbatch() * job.sequence();
        embed = 0;
        head = first ? 8L * MATRIX : 0;
        gradients = 8L * parameters;
        firstMoments = gradients + 8L * parameters;
        secondMoments = firstMoments + 8 * ownCount();
        activations = secondMoments + 8 * ownCount();
        inputGradient = activations + microbatches * activationBytes();
        end = inputGradient + 8L * rows * WIDTH;
    }

    public static RankProgram.Factory factory(TrainingJob job, boolean sharded) {
        return position -> new TinyProgram(job, sharded, position);
    }

    private long ownStart() {
        return sharded ? chunks.start(dataRank) : 0;
    }

    private long ownCount() {
        return sharded ? chunks.count(dataRank) : parameters;
    }

    /** Per micro-batch: tokens, targets (int32 each), and the embedded rows. */
    private long activationBytes() {
        return 8L * rows + 8L * rows * WIDTH;
    }

    @Override
    public long arenaBytes() {
        return end;
    }

    @Override
    public List<StateShard> state() {
        List<StateShard> state = new ArrayList<>();
        long before = 0;
        if (first) {
            addState(state, "embed", List.of((long) VOCABULARY, (long) WIDTH), before);
            before += MATRIX;
        }
        if (last) {
            addState(state, "head", List.of((long) WIDTH, (long) VOCABULARY), before);
        }
        return state;
    }

    private void addState(List<StateShard> state, String name, List<Long> shape, long before) {
        Initial normal = Initial.normal(0.3);
        state.add(StateShard.whole(name, StateKind.WEIGHT, ElementType.F64, shape, 8 * before, normal));
        long from = Math.max(ownStart(), before);
        long count = Math.max(0, Math.min(ownStart() + ownCount(), before + MATRIX) - from);
        for (StateKind kind : List.of(StateKind.FIRST_MOMENT, StateKind.SECOND_MOMENT)) {
            long base = kind == StateKind.FIRST_MOMENT ? firstMoments : secondMoments;
            state.add(StateShard.whole(name, kind, ElementType.F64, shape, 0, Initial.zeros())
                    .range(count == 0 ? 0 : from - before, count, base + 8 * (from - ownStart())));
        }
    }

    @Override
    public void initialize(RankContext context) {
        context.allocate(MemoryPart.PARAMETERS, 0, 8L * parameters);
        context.allocate(MemoryPart.GRADIENTS, gradients, 8L * parameters);
        context.allocate(MemoryPart.OPTIMIZER, firstMoments, activations - firstMoments);
    }

    @Override
    public void step(RankContext context, StepInputs inputs) {
        context.hostMemory().asSlice(gradients, 8L * parameters).fill((byte) 0);
        context.allocate(MemoryPart.WORKSPACE, inputGradient, end - inputGradient);
        for (int m = 0; m < microbatches; m++) {
            context.allocate(MemoryPart.ACTIVATIONS, m, activation(m), activationBytes());
            forward(context, inputs, m);
            if (last) {
                headForwardAndBackward(context, inputs, m, true);
            }
        }
        for (int m = 0; m < microbatches; m++) {
            backward(context, m);
            context.free(activation(m), activationBytes());
        }
        context.free(inputGradient, end - inputGradient);
        update(context, inputs);
    }

    @Override
    public void evaluate(RankContext context, StepInputs inputs) {
        for (int m = 0; m < microbatches; m++) {
            forward(context, inputs, m);
            if (last) {
                headForwardAndBackward(context, inputs, m, false);
            }
        }
    }

    private long activation(int microbatch) {
        return activations + microbatch * activationBytes();
    }

    private long embedded(int microbatch) {
        return activation(microbatch) + 8L * rows;
    }

    private void forward(RankContext context, StepInputs inputs, int m) {
        long begin = context.events().begin();
        MemorySegment memory = context.hostMemory();
        if (last) {
            inputs.load(Given.TARGETS, m, ElementType.I32, context, activation(m) + 4L * rows);
        }
        if (!first) {
            context.along(Axis.PIPELINE).receive(embedded(m), 8L * rows * WIDTH, -1, m);
        } else {
            inputs.load(Given.TOKENS, m, ElementType.I32, context, activation(m));
            for (int row = 0; row < rows; row++) {
                long token = memory.get(ValueLayout.JAVA_INT, activation(m) + 4L * row);
                MemorySegment.copy(
                        memory, embed + 8 * token * WIDTH, memory, embedded(m) + 8L * row * WIDTH, 8L * WIDTH);
            }
            if (!last) {
                context.along(Axis.PIPELINE).send(embedded(m), 8L * rows * WIDTH, +1, m);
            }
        }
        context.events().end(Activity.FORWARD, 0, m, begin);
    }

    /** Scores, loss, and with {@code learn} the gradients of the head and of the rows, left in the rows' place. */
    private void headForwardAndBackward(RankContext context, StepInputs inputs, int m, boolean learn) {
        MemorySegment memory = context.hostMemory();
        double[] scores = new double[VOCABULARY];
        double[] row = new double[WIDTH];
        double loss = 0;
        for (int r = 0; r < rows; r++) {
            long at = embedded(m) + 8L * r * WIDTH;
            int target = memory.get(ValueLayout.JAVA_INT, activation(m) + 4L * rows + 4L * r);
            for (int k = 0; k < WIDTH; k++) {
                row[k] = memory.get(ValueLayout.JAVA_DOUBLE, at + 8L * k);
            }
            double most = Double.NEGATIVE_INFINITY;
            for (int v = 0; v < VOCABULARY; v++) {
                double score = 0;
                for (int k = 0; k < WIDTH; k++) {
                    score += row[k] * weight(memory, k, v);
                }
                scores[v] = score;
                most = Math.max(most, score);
            }
            double total = 0;
            for (int v = 0; v < VOCABULARY; v++) {
                total += Math.exp(scores[v] - most);
            }
            boolean counts = target >= 0;
            loss += counts ? Math.log(total) + most - scores[target] : 0;
            if (learn) {
                learn(memory, counts ? inputs.lossScale() : 0, scores, most, total, row, target, at);
            }
        }
        context.recordLoss(loss, inputs.countedTokens(m));
    }

    private void learn(
            MemorySegment memory,
            double scale,
            double[] scores,
            double most,
            double total,
            double[] row,
            int target,
            long at) {
        double[] rowGradient = new double[WIDTH];
        for (int v = 0; v < VOCABULARY; v++) {
            double gradient = scale * (Math.exp(scores[v] - most) / total - (v == target ? 1 : 0));
            for (int k = 0; k < WIDTH; k++) {
                rowGradient[k] += gradient * weight(memory, k, v);
                long to = gradients + head + 8L * (k * VOCABULARY + v);
                memory.set(ValueLayout.JAVA_DOUBLE, to, memory.get(ValueLayout.JAVA_DOUBLE, to) + gradient * row[k]);
            }
        }
        for (int k = 0; k < WIDTH; k++) {
            memory.set(ValueLayout.JAVA_DOUBLE, at + 8L * k, rowGradient[k]);
        }
    }

    private double weight(MemorySegment memory, int k, int v) {
        return memory.get(ValueLayout.JAVA_DOUBLE, head + 8L * (k * VOCABULARY + v));
    }

    private void backward(RankContext context, int m) {
        long begin = context.events().begin();
        MemorySegment memory = context.hostMemory();
        long gradient = embedded(m);
        if (last && !first) {
            context.along(Axis.PIPELINE).send(gradient, 8L * rows * WIDTH, -1, m);
        } else if (first && !last) {
            context.along(Axis.PIPELINE).receive(inputGradient, 8L * rows * WIDTH, +1, m);
            gradient = inputGradient;
        }
        if (first) {
            for (int row = 0; row < rows; row++) {
                long token = memory.get(ValueLayout.JAVA_INT, activation(m) + 4L * row);
                for (int k = 0; k < WIDTH; k++) {
                    long to = gradients + embed + 8 * (token * WIDTH + k);
                    double value = memory.get(ValueLayout.JAVA_DOUBLE, gradient + 8L * (row * WIDTH + k));
                    memory.set(ValueLayout.JAVA_DOUBLE, to, memory.get(ValueLayout.JAVA_DOUBLE, to) + value);
                }
            }
        }
        context.events().end(Activity.BACKWARD, 0, m, begin);
    }

    /** Reduces the gradients over the data ranks and applies Adam to what this rank keeps moments of. */
    private void update(RankContext context, StepInputs inputs) {
        Communicator data = context.along(Axis.DATA);
        long own = 8 * ownStart();
        if (sharded) {
            data.reduceScatterSum(ElementType.F64, gradients, chunks, gradients + own);
        } else {
            data.allReduceSum(ElementType.F64, gradients, parameters);
        }
        adam(context.hostMemory(), inputs, own);
        if (sharded) {
            data.allGather(ElementType.F64, own, chunks, 0);
        }
    }

    private void adam(MemorySegment memory, StepInputs inputs, long own) {
        double correct1 = 1 - Math.pow(0.9, inputs.step() + 1.0);
        double correct2 = 1 - Math.pow(0.999, inputs.step() + 1.0);
        for (long i = 0; i < ownCount(); i++) {
            double g = memory.get(ValueLayout.JAVA_DOUBLE, gradients + own + 8 * i);
            double m = 0.9 * memory.get(ValueLayout.JAVA_DOUBLE, firstMoments + 8 * i) + 0.1 * g;
            double v = 0.999 * memory.get(ValueLayout.JAVA_DOUBLE, secondMoments + 8 * i) + 0.001 * g * g;
            memory.set(ValueLayout.JAVA_DOUBLE, firstMoments + 8 * i, m);
            memory.set(ValueLayout.JAVA_DOUBLE, secondMoments + 8 * i, v);
            double w = memory.get(ValueLayout.JAVA_DOUBLE, own + 8 * i);
            double change = inputs.learningRate() * (m / correct1) / (Math.sqrt(v / correct2) + 1e-8);
            memory.set(ValueLayout.JAVA_DOUBLE, own + 8 * i, w - change);
        }
    }
}
