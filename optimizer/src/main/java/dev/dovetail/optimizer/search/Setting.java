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

/**
 * What of a plan the figures of its layers depend on, and the load of all its ranks.
 *
 * @param group ranks that shard state among themselves
 * @param recompute what the layers between embedding and head compute again that these figures are for
 * @param splitsBackward whether their products for the gradients of weights wait for a pass of their own
 * @param beside what of them lies beside the arena
 * @param nodes the kind of node they run on, from 1; {@link #ANY} where all are alike, or it is open
 * @param products what linear layers multiply in, where the plan decides it
 */
record Setting(
        int tensor,
        boolean sequence,
        int data,
        int context,
        ContextExchange exchange,
        ExpertSharing experts,
        int group,
        Shard shard,
        int microbatch,
        Recompute recompute,
        boolean splitsBackward,
        Beside beside,
        int clockMhz,
        int load,
        int nodes,
        Optional<ProductFormats> products) {

    /** The fastest for each layer where a cluster has several kinds of node. */
    static final int ANY = 0;

    /** The fastest for each layer while it is open in how many stretches experts' queues travel. */
    static final int OPEN_OVERLAP = 0;

    /** Stands for the replicas of a rank that shares parameters with no other, not even with those it shares sequences with. */
    private static final int NO_REPLICA = 0;

    /** Ranks that hold copies of the same parameters, or shares of them. */
    int dataRanks() {
        return Math.max(1, data * context);
    }

    Decisions decisions() {
        return beside.in(experts.in(Decisions.none()))
                .with(Decision.TENSOR, tensor)
                .with(Decision.SEQUENCE, sequence)
                .with(Decision.DATA, data)
                .with(Decision.CONTEXT, context)
                .with(Decision.CONTEXT_EXCHANGE, exchange)
                .with(Decision.SHARD_GROUP, group)
                .with(Decision.SHARD, shard)
                .with(Decision.SCHEDULE, splitsBackward ? Schedule.ZB_H1 : Schedule.ONE_F_ONE_B)
                .with(Decision.MICROBATCH, microbatch);
    }

    /** The same layers on a rank that shares parameters with no other. */
    Setting alone() {
        return new Setting(
                tensor,
                sequence,
                NO_REPLICA,
                context,
                exchange,
                experts,
                1,
                Shard.NONE,
                microbatch,
                recompute,
                splitsBackward,
                beside,
                clockMhz,
                load,
                nodes,
                products);
    }

    Setting with(int otherMicrobatch, Recompute otherRecompute) {
        return new Setting(
                tensor,
                sequence,
                data,
                context,
                exchange,
                experts,
                group,
                shard,
                otherMicrobatch,
                otherRecompute,
                splitsBackward,
                beside,
                clockMhz,
                load,
                nodes,
                products);
    }

    /** The same layers on one kind of node. */
    Setting on(int kind) {
        return new Setting(
                tensor,
                sequence,
                data,
                context,
                exchange,
                experts,
                group,
                shard,
                microbatch,
                recompute,
                splitsBackward,
                beside,
                clockMhz,
                load,
                kind,
                products);
    }

    /** The same layers with experts' queues in so many stretches. */
    Setting overlapping(int degree) {
        return new Setting(
                tensor,
                sequence,
                data,
                context,
                exchange,
                experts.overlapping(degree),
                group,
                shard,
                microbatch,
                recompute,
                splitsBackward,
                beside,
                clockMhz,
                load,
                nodes,
                products);
    }

    Setting with(Recompute other) {
        return with(microbatch, other);
    }

    /** The same bytes at any clock and load, on any node, in any format of products; where the overlap is open, without one. */
    Setting still() {
        return new Setting(
                tensor,
                sequence,
                data,
                context,
                exchange,
                experts.overlap() == OPEN_OVERLAP ? experts.overlapping(1) : experts,
                group,
                shard,
                microbatch,
                recompute,
                splitsBackward,
                beside,
                0,
                0,
                ANY,
                Optional.empty());
    }

    /** Figures are looked up by setting at every bound: what tells most of them apart is enough. */
    @Override
    public int hashCode() {
        int hash = (((tensor * 31 + data) * 31 + context) * 31 + group) * 31 + microbatch;
        hash = (hash * 31 + shard.ordinal()) * 31 + recompute.ordinal();
        hash = (hash * 31 + experts.expert()) * 31 + experts.send() * 8 + experts.overlap();
        return ((hash * 31 + clockMhz) * 31 + nodes) * 4 + (sequence ? 2 : 0) + (splitsBackward ? 1 : 0);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Setting that
                && tensor == that.tensor
                && sequence == that.sequence
                && data == that.data
                && context == that.context
                && exchange == that.exchange
                && group == that.group
                && shard == that.shard
                && microbatch == that.microbatch
                && recompute == that.recompute
                && splitsBackward == that.splitsBackward
                && clockMhz == that.clockMhz
                && load == that.load
                && nodes == that.nodes
                && experts.equals(that.experts)
                && beside.equals(that.beside)
                && products.equals(that.products);
    }

    boolean shards(Shard state) {
        return dataRanks() > 1 && shard.compareTo(state) >= 0;
    }
}
