package dev.dovetail.backends.launch.handover;

import dev.dovetail.ir.cluster.Cluster;
import dev.dovetail.ir.cluster.Device;
import dev.dovetail.ir.cluster.Node;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decision.ContextExchange;
import java.util.Optional;

/**
 * How many ranks a plan has and how they lie on nodes, as every system understands it: consecutive ranks fill a node, the
 * tensor axis varies fastest, then context, then data, then pipeline.
 *
 * @param context ranks that share each sequence
 * @param exchange what they exchange for attention
 * @param expert neighbours along the data axis that share experts
 * @param expertTensor tensor ranks that share each expert
 * @param nodes that are used
 * @param perNode ranks of each
 * @param domain devices that reach each other over the fast links
 */
record Placement(
        int tensor,
        int context,
        ContextExchange exchange,
        int pipeline,
        int data,
        int expert,
        int expertTensor,
        int nodes,
        int perNode,
        int domain) {

    static Placement of(String target, PlannedTraining planned, Decided decided) {
        TrainJob job = planned.job();
        int tensor = decided.get(Decision.TENSOR);
        int pipeline = decided.get(Decision.PIPELINE);
        int data = decided.get(Decision.DATA);
        int context = decided.find(Decision.CONTEXT).orElse(1);
        ContextExchange exchange = decided.find(Decision.CONTEXT_EXCHANGE).orElse(ContextExchange.GATHER);
        int expert = decided.find(Decision.EXPERT).orElse(1);
        int expertTensor = decided.find(Decision.EXPERT_TENSOR).orElse(1);
        int microbatch = decided.get(Decision.MICROBATCH);
        int group = decided.find(Decision.SHARD_GROUP).orElse(data * context);
        if (group < data * context) {
            throw decided.refusal(Decision.SHARD_GROUP, "what is sharded is spread over all data ranks here");
        }
        if (decided.find(Decision.EXPERT_SHARD).orElse(1) > 1) {
            throw decided.refusal(Decision.EXPERT_SHARD, "its replicas have whole experts");
        }
        if (decided.find(Decision.EXPERT_SEND).orElse(1) == 0 && expert > 1) {
            throw decided.refusal(Decision.EXPERT_SEND, "its tokens travel to their experts");
        }
        if (decided.find(Decision.OVERLAP).orElse(1) > 1) {
            throw decided.refusal(Decision.OVERLAP, "a layer's experts wait for all of their tokens there");
        }
        requireClock(planned.job().cluster(), decided);
        if (job.batch() % (data * microbatch) != 0) {
            throw decided.refusal(
                    Decision.DATA,
                    "all data ranks take the same number of micro-batches there, and " + job.batch()
                            + " sequences are no multiple of data " + data + " x microbatch " + microbatch);
        }
        int ranks = tensor * context * pipeline * data;
        Node node = oneKind(target, job.cluster());
        int perNode = Math.min(ranks, node.devices());
        if (ranks % perNode != 0) {
            throw new NotExpressible(
                    target,
                    ranks + " ranks",
                    "nodes of " + node.devices() + " devices cannot have the same number of ranks each");
        }
        return new Placement(
                tensor,
                context,
                exchange,
                pipeline,
                data,
                expert,
                expertTensor,
                ranks / perNode,
                perNode,
                node.domain());
    }

    int ranks() {
        return tensor * context * pipeline * data;
    }

    private static Node oneKind(String target, Cluster cluster) {
        if (cluster.groups().stream()
                        .map(group -> group.node().name())
                        .distinct()
                        .count()
                > 1) {
            throw new NotExpressible(
                    target, "cluster " + cluster.name(), "it starts the same number of ranks on nodes of one kind");
        }
        return cluster.node();
    }

    /** Nobody but Dovetail sets clocks; a plan that leaves them as high as they go needs nobody to. */
    private static void requireClock(Cluster cluster, Decided decided) {
        int clock = decided.get(Decision.FREQUENCY);
        Optional<Device.Clocks> clocks = cluster.groups().stream()
                .findFirst()
                .flatMap(group -> group.node().device().clocks());
        if (clock != 0 && clocks.filter(c -> clock < c.highestMhz()).isPresent()) {
            throw decided.refusal(
                    Decision.FREQUENCY,
                    "it does not set clocks; fix `frequency " + clocks.get().highestMhz()
                            + "`, or lock them by other means");
        }
    }
}
