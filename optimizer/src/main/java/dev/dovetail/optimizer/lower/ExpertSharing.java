package dev.dovetail.optimizer.lower;

import dev.dovetail.ir.block.Names;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.ir.program.MeshShape;
import dev.dovetail.ir.shard.AxisMap;
import java.util.List;
import java.util.Set;

/**
 * How ranks share the experts of a layer. Parts of experts lie where they lie whatever {@code send} is, so plans that differ in
 * it alone can take turns without moving a parameter (Tutel's adaptive r, Hwang et al. 2022, arXiv:2206.03382).
 *
 * @param expert neighbours along the data axis that have different experts
 * @param context of these, how many share their sequences: they gather tokens and add up what their experts make of them
 * @param tensor tensor ranks that share each expert; 1 where each of them has experts of its own
 * @param shard replicas that share each expert, of its inner width a part each
 * @param send of these, how many each token is sent to, whose sums are added up; within each group of the others, parts are
 *     gathered. 0 where no token is sent anywhere, not even to its experts' ranks: all experts are gathered
 * @param overlap stretches of each queue that travel and are worked on in turns, each beside the work on another (Tutel's degree of
 *     overlap); 1 where experts wait for all
 */
public record ExpertSharing(int expert, int context, int tensor, int shard, int send, int overlap) {
    /** Degrees of overlap that Tutel chooses from. */
    public static final List<Integer> OVERLAPS = List.of(1, 2, 4, 8);

    public static final ExpertSharing NONE = new ExpertSharing(1, 1, 1, 1, 1, 1);

    public static ExpertSharing of(Decisions decisions) {
        int expert = decisions.find(Decision.EXPERT).orElse(1);
        return new ExpertSharing(
                expert,
                expert == 1 ? 1 : decisions.find(Decision.CONTEXT).orElse(1),
                decisions.find(Decision.EXPERT_TENSOR).orElse(1),
                decisions.find(Decision.EXPERT_SHARD).orElse(1),
                decisions.find(Decision.EXPERT_SEND).orElse(1),
                decisions.find(Decision.OVERLAP).orElse(1));
    }

    public ExpertSharing overlapping(int degree) {
        return degree == overlap ? this : new ExpertSharing(expert, context, tensor, shard, send, degree);
    }

    public Decisions in(Decisions decisions) {
        return decisions
                .with(Decision.EXPERT, expert)
                .with(Decision.EXPERT_TENSOR, tensor)
                .with(Decision.EXPERT_SHARD, shard)
                .with(Decision.EXPERT_SEND, send)
                .with(Decision.OVERLAP, overlap);
    }

    /** Ranks that hold all experts together. */
    public int ranks() {
        return expert * shard;
    }

    /** Replicas among them; what they load is one batch to the experts. */
    public int replicas() {
        return ranks() / context;
    }

    /** Whether tokens leave their ranks: something to do meanwhile is worth cutting queues. */
    public boolean travels() {
        return send > 0 && ranks() > context;
    }

    /** Dims along which ranks that share sequences hold shares of the experts. */
    Set<String> ofContext() {
        return context > 1 ? Set.of(Names.EXPERTS) : Set.of();
    }

    private int senders() {
        return Math.max(1, send);
    }

    MeshShape shape(MeshShape mesh) {
        return mesh.sharingExperts(expert, senders(), shard / senders());
    }

    /** One after the other, after those that share sequences. */
    List<AxisMap> axes() {
        return List.of(
                axis(MeshShape.EXPERT, expert / context, Names.EXPERTS, send == 0),
                axis(MeshShape.EXPERT_TOKENS, senders(), Names.EXPERT_INNER, false),
                axis(MeshShape.EXPERT_WEIGHTS, shard / senders(), Names.EXPERT_INNER, true));
    }

    private static AxisMap axis(String name, int ways, String dim, boolean gathers) {
        return AxisMap.ownSequences(name, ways, Names.BATCH, ways > 1 ? Set.of(dim) : Set.of(), gathers);
    }
}
