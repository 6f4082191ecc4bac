package dev.dovetail.optimizer.search;

import dev.dovetail.ir.job.ProductFormats;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decision.ContextExchange;
import dev.dovetail.ir.plan.Decision.Recompute;
import dev.dovetail.ir.plan.Decision.Schedule;
import dev.dovetail.ir.plan.Decision.Shard;
import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.optimizer.lower.Beside;
import dev.dovetail.optimizer.lower.ExpertSharing;
import java.util.Optional;

/** What of a plan the figures of its layers depend on, and the load of all its ranks. */
record Setting(Shape shape, State state, Pass pass, Place place) {

    /** The fastest for each layer where a cluster has several kinds of node. */
    static final int ANY = 0;

    /** The fastest for each layer while it is open in how many stretches experts' queues travel. */
    static final int OPEN_OVERLAP = 0;

    /** Stands for the replicas of a rank that shares parameters with no other, not even with those it shares sequences with. */
    private static final int NO_REPLICA = 0;

    /** How ranks share a layer's work. */
    record Shape(int tensor, boolean sequence, int context, ContextExchange exchange, ExpertSharing experts) {
        private Shape overlapping(int degree) {
            return new Shape(tensor, sequence, context, exchange, experts.overlapping(degree));
        }

        @Override
        public int hashCode() {
            int hash = (tensor * 31 + context) * 31 + experts.expert();
            return (hash * 31 + experts.send() * 8 + experts.overlap()) * 2 + (sequence ? 1 : 0);
        }
    }

    /**
     * How ranks share a layer's state.
     *
     * @param group ranks that shard it among themselves
     * @param beside what of the layer lies beside the arena
     */
    record State(int data, int group, Shard shard, Beside beside) {
        private State alone() {
            return new State(NO_REPLICA, 1, Shard.NONE, beside);
        }

        @Override
        public int hashCode() {
            return (data * 31 + group) * 31 + shard.ordinal();
        }
    }

    /**
     * What passes over a layer do.
     *
     * @param recompute what the layers between embedding and head compute again that these figures are for
     * @param splitsBackward whether their products for the gradients of weights wait for a pass of their own
     */
    record Pass(int microbatch, Recompute recompute, boolean splitsBackward) {
        @Override
        public int hashCode() {
            return (microbatch * 31 + recompute.ordinal()) * 2 + (splitsBackward ? 1 : 0);
        }
    }

    /**
     * What layers run on: bytes are the same anywhere.
     *
     * @param nodes the kind of node, from 1; {@link #ANY} where all are alike, or it is open
     * @param products what linear layers multiply in, where the plan decides it
     */
    record Place(int clockMhz, int load, int nodes, Optional<ProductFormats> products) {
        private static final Place ANYWHERE = new Place(0, 0, ANY, Optional.empty());

        private Place on(int kind) {
            return new Place(clockMhz, load, kind, products);
        }

        @Override
        public int hashCode() {
            return clockMhz * 31 + nodes;
        }
    }

    int tensor() {
        return shape.tensor();
    }

    boolean sequence() {
        return shape.sequence();
    }

    int context() {
        return shape.context();
    }

    ExpertSharing experts() {
        return shape.experts();
    }

    int group() {
        return state.group();
    }

    int microbatch() {
        return pass.microbatch();
    }

    Recompute recompute() {
        return pass.recompute();
    }

    boolean splitsBackward() {
        return pass.splitsBackward();
    }

    int nodes() {
        return place.nodes();
    }

    /** Ranks that hold copies of the same parameters, or shares of them. */
    int dataRanks() {
        return Math.max(1, state.data() * context());
    }

    boolean shards(Shard kind) {
        return dataRanks() > 1 && state.shard().compareTo(kind) >= 0;
    }

    Decisions decisions() {
        return state.beside()
                .in(experts().in(Decisions.none()))
                .with(Decision.TENSOR, tensor())
                .with(Decision.SEQUENCE, sequence())
                .with(Decision.DATA, state.data())
                .with(Decision.CONTEXT, context())
                .with(Decision.CONTEXT_EXCHANGE, shape.exchange())
                .with(Decision.SHARD_GROUP, group())
                .with(Decision.SHARD, state.shard())
                .with(Decision.SCHEDULE, splitsBackward() ? Schedule.ZB_H1 : Schedule.ONE_F_ONE_B)
                .with(Decision.MICROBATCH, microbatch());
    }

    /** The same layers on a rank that shares parameters with no other. */
    Setting alone() {
        return new Setting(shape, state.alone(), pass, place);
    }

    Setting with(int otherMicrobatch, Recompute otherRecompute) {
        return new Setting(shape, state, new Pass(otherMicrobatch, otherRecompute, splitsBackward()), place);
    }

    Setting with(Recompute other) {
        return with(microbatch(), other);
    }

    /** The same layers on one kind of node. */
    Setting on(int kind) {
        return new Setting(shape, state, pass, place.on(kind));
    }

    boolean isOverlapOpen() {
        return experts().overlap() == OPEN_OVERLAP;
    }

    /** The same layers with experts' queues in so many stretches. */
    Setting overlapping(int degree) {
        return new Setting(shape.overlapping(degree), state, pass, place);
    }

    /** The same bytes at any clock and load, on any node, in any format of products; where the overlap is open, without one. */
    Setting still() {
        return new Setting(isOverlapOpen() ? shape.overlapping(1) : shape, state, pass, Place.ANYWHERE);
    }

    /** Figures are looked up by setting at every bound: what tells most of them apart is enough. */
    @Override
    public int hashCode() {
        return ((shape.hashCode() * 31 + state.hashCode()) * 31 + pass.hashCode()) * 31 + place.hashCode();
    }
}
