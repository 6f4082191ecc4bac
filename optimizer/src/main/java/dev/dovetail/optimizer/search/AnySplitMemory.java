package dev.dovetail.optimizer.search;

import dev.dovetail.ir.plan.Decision.Schedule;
import dev.dovetail.optimizer.lower.Live;
import dev.dovetail.optimizer.lower.PipelineOrder;
import dev.dovetail.optimizer.lower.StagePlacement;
import java.util.stream.IntStream;

/**
 * What the fullest stage keeps at least, however layers are split over the stages: every stage takes as many layers as fit, the
 * leanest kind of them, and together they must hold the model.
 */
final class AnySplitMemory {
    private final Schedule schedule;
    private final int stages;
    private final int chunks;
    private final int microbatches;
    private final int[] totals;
    private final LayerFigures[] figures;
    private final int sequences;
    private final int shardWays;
    private final Lacking lacking;
    private final LayerFigures leanest;
    private final int blocks;
    /** By stage: bytes of what must be there, and of one more layer at least. Worked out when asked for: {@link #spread} needs no order. */
    private double[] ends;

    private double[] perLayer;

    /**
     * @param totals layers of each kind in the model: embedding first, head last
     * @param sequences that the saved bytes of the figures stand for
     * @param shardWays ranks that may still come to share the parameters' state
     * @param lacking by stage: bytes less than on the roomiest devices
     */
    AnySplitMemory(
            Schedule schedule,
            int stages,
            int chunks,
            int microbatches,
            int[] totals,
            LayerFigures[] figures,
            int sequences,
            int shardWays,
            Lacking lacking) {
        this.schedule = schedule;
        this.stages = stages;
        this.chunks = chunks;
        this.microbatches = microbatches;
        this.totals = totals;
        this.figures = figures;
        this.sequences = sequences;
        this.shardWays = shardWays;
        this.lacking = lacking;
        this.leanest = LayerFigures.leanest(figures);
        this.blocks =
                IntStream.range(1, figures.length - 1).map(kind -> totals[kind]).sum();
    }

    /** Bytes that no split goes below; one more than {@code capacity} where none fits it. */
    long least(long capacity) {
        long spread = spread();
        if (capacity == Long.MAX_VALUE) {
            return Math.max(spread, (long) smallestThatFits());
        }
        return spread > capacity || fits(capacity) ? spread : capacity + 1;
    }

    /** State alone, in equal parts. */
    long spread() {
        long bytes = 0;
        for (int kind = 0; kind < figures.length; kind++) {
            bytes += totals[kind] * state(kind);
        }
        return bytes / stages;
    }

    private long state(int kind) {
        return figures[kind].state() / shardWays;
    }

    private boolean fits(double capacity) {
        long sum = 0;
        for (int layers : room(capacity)) {
            if (layers < 0) {
                return false;
            }
            sum += layers;
        }
        return sum >= blocks;
    }

    /** Layers between embedding and head that fit each stage at most; -1 where not even what must be there does. */
    private int[] room(double capacity) {
        int[] room = new int[stages];
        double[] free = free(capacity);
        double[] each = perLayer();
        for (int stage = 0; stage < stages; stage++) {
            double layers = Math.floor(free[stage] / each[stage]);
            room[stage] = (int) Math.clamp(layers, -1, blocks);
        }
        return room;
    }

    /** Bytes of each stage that are left for layers between embedding and head. */
    double[] free(double capacity) {
        if (ends == null) {
            ends = new double[stages];
            for (int stage = 0; stage < stages; stage++) {
                ends[stage] = ends(stage);
            }
        }
        double[] free = new double[stages];
        for (int stage = 0; stage < stages; stage++) {
            free[stage] = capacity - lacking.on(stage) - ends[stage];
        }
        return free;
    }

    /** Bytes that one more layer takes on each stage at least. */
    double[] perLayer() {
        if (perLayer == null) {
            perLayer = new double[stages];
            for (int stage = 0; stage < stages; stage++) {
                perLayer[stage] = perLayer(stage);
            }
        }
        return perLayer;
    }

    private PipelineOrder order(int stage) {
        return new PipelineOrder(schedule, stages, chunks, microbatches, stage);
    }

    /** Embedding and head stand where they stand. */
    private long ends(int stage) {
        int head = figures.length - 1;
        Live live = order(stage).aliveOfEach();
        long embedding = stage == 0 ? state(0) + saved(0, live) : 0;
        return savedBeyond(stage, live)
                + embedding
                + (stage == StagePlacement.of(schedule, stages, chunks).last() ? state(head) + saved(head, live) : 0);
    }

    private long saved(int kind, Live live) {
        return sequences * figures[kind].saved().of(live);
    }

    /** Interleaved, some chunks have more micro-batches alive than every chunk has: of whichever chunk, at least the smallest. */
    private long savedBeyond(int stage, Live each) {
        if (chunks == 1) {
            return 0;
        }
        Live all = order(stage).alive();
        var beyond = new Live(
                all.forward() - chunks * each.forward(),
                all.whole() - chunks * each.whole(),
                all.between() - chunks * each.between());
        long bytes = leanest.saved().of(beyond);
        return sequences * bytes * SplitFinder.smallestChunk(blocks, stages, chunks, stage);
    }

    private double perLayer(int stage) {
        double least = leanest.state() / shardWays
                + sequences * leanest.saved().of(order(stage).aliveOfEach());
        return Math.max(least, 1);
    }

    private double smallestThatFits() {
        double most = 1;
        while (!fits(most)) {
            most *= 2;
        }
        double tooSmall = most / 2;
        for (int i = 0; i < 40; i++) {
            double middle = (tooSmall + most) / 2;
            if (fits(middle)) {
                most = middle;
            } else {
                tooSmall = middle;
            }
        }
        return Math.floor(tooSmall);
    }
}
