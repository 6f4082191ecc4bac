package dev.dovetail.cli.parity;

import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decision.ContextExchange;
import dev.dovetail.ir.plan.Decision.Recompute;
import dev.dovetail.ir.plan.Decision.Schedule;
import dev.dovetail.ir.plan.Decision.Shard;
import dev.dovetail.ir.plan.Decision.Tier;
import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.ir.plan.Offload;
import dev.dovetail.ir.plan.Offload.Part;
import dev.dovetail.ir.plan.Recomputation;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;

/** Every legal combination of decisions on up to eight ranks for the models of {@link NanoModel}. */
final class LegalPlans {
    private static final int RANKS = 8;

    private LegalPlans() {}

    /** Everything on one rank in one piece: what all others are compared with. */
    static Decisions reference() {
        return plan(1, false, 1, 1, 1, Shard.NONE, NanoModel.BATCH, Recompute.NONE, Schedule.GPIPE);
    }

    static Decisions plan(
            int tensor,
            boolean sequence,
            int pipeline,
            int interleave,
            int data,
            Shard shard,
            int microbatch,
            Recompute recompute,
            Schedule schedule) {
        return Decisions.none()
                .with(Decision.TENSOR, tensor)
                .with(Decision.SEQUENCE, sequence)
                .with(Decision.PIPELINE, pipeline)
                .with(Decision.INTERLEAVE, interleave)
                .with(Decision.DATA, data)
                .with(Decision.SHARD, shard)
                .with(Decision.MICROBATCH, microbatch)
                .with(Decision.RECOMPUTE, Recomputation.of(recompute))
                .with(Decision.SCHEDULE, schedule);
    }

    /** Key and value heads bound the tensor ways. */
    static List<Decisions> all(int mostTensor) {
        var plans = new ArrayList<Decisions>();
        for (int tensor = 1; tensor <= mostTensor; tensor *= 2) {
            for (int pipeline = 1; pipeline <= NanoModel.LAYERS; pipeline++) {
                for (int data = 1; tensor * pipeline * data <= RANKS; data *= 2) {
                    addMesh(plans, tensor, pipeline, data);
                }
            }
        }
        return plans;
    }

    /**
     * A few of {@link #all} in which every pair of values of two decisions that any legal plan has occurs: greedily, the plan
     * with the most new pairs first.
     */
    static List<Decisions> pairwise(int mostTensor) {
        var pairs = new LinkedHashMap<Decisions, List<String>>();
        all(mostTensor).forEach(plan -> pairs.put(plan, pairs(plan)));
        var missing = new HashSet<String>();
        pairs.values().forEach(missing::addAll);
        var chosen = new ArrayList<Decisions>();
        while (!missing.isEmpty()) {
            var best = pairs.entrySet().stream()
                    .max(Comparator.comparingLong(
                            e -> e.getValue().stream().filter(missing::contains).count()))
                    .orElseThrow();
            chosen.add(best.getKey());
            best.getValue().forEach(missing::remove);
        }
        return chosen;
    }

    /** Shares of the batch that differ, and micro-batches that do not fill them. */
    static List<Decisions> uneven() {
        var plans = new ArrayList<Decisions>();
        for (Shard shard : Shard.values()) {
            plans.add(plan(1, false, 1, 1, 3, shard, 1, Recompute.NONE, Schedule.GPIPE));
            plans.add(plan(1, false, 2, 1, 3, shard, 2, Recompute.SELECTIVE, Schedule.ONE_F_ONE_B));
            plans.add(plan(2, true, 1, 1, 5, shard, 2, Recompute.FULL, Schedule.GPIPE));
        }
        plans.add(plan(1, false, 1, 1, 1, Shard.NONE, 3, Recompute.NONE, Schedule.GPIPE));
        plans.add(plan(1, false, 2, 2, 3, Shard.NONE, 2, Recompute.NONE, Schedule.INTERLEAVED));
        return plans;
    }

    /**
     * Stages of unequal length, also without layers beside embedding and head; ranks that share sequences; unlike layers;
     * gradients of weights that wait.
     */
    static List<Decisions> beyond() {
        return List.of(
                plan(1, false, 1, 1, 1, Shard.NONE, 2, Recompute.NONE, Schedule.GPIPE)
                        .with(Decision.CONTEXT, 4),
                plan(2, true, 1, 1, 2, Shard.PARAMETERS, 1, Recompute.SELECTIVE, Schedule.GPIPE)
                        .with(Decision.CONTEXT, 2),
                plan(2, false, 2, 1, 1, Shard.OPTIMIZER, 1, Recompute.FULL, Schedule.ONE_F_ONE_B)
                        .with(Decision.CONTEXT, 2)
                        .with(Decision.CONTEXT_EXCHANGE, ContextExchange.ZIGZAG),
                plan(1, false, 1, 1, 2, Shard.PARAMETERS, 1, Recompute.SELECTIVE, Schedule.GPIPE)
                        .with(Decision.CONTEXT, 4)
                        .with(Decision.CONTEXT_EXCHANGE, ContextExchange.ZIGZAG),
                plan(1, false, 1, 1, 2, Shard.GRADIENTS, 2, Recompute.NONE, Schedule.GPIPE)
                        .with(Decision.CONTEXT, 4)
                        .with(Decision.CONTEXT_EXCHANGE, ContextExchange.ALL_TO_ALL),
                plan(2, true, 2, 1, 1, Shard.PARAMETERS, 1, Recompute.SELECTIVE, Schedule.ONE_F_ONE_B)
                        .with(Decision.CONTEXT, 2)
                        .with(Decision.CONTEXT_EXCHANGE, ContextExchange.ALL_TO_ALL),
                plan(1, false, 2, 2, 2, Shard.GRADIENTS, 1, Recompute.NONE, Schedule.INTERLEAVED)
                        .with(Decision.CONTEXT, 2),
                plan(1, false, 3, 1, 1, Shard.NONE, 1, Recompute.NONE, Schedule.ONE_F_ONE_B)
                        .with(Decision.STAGES, List.of(0, 3, 1)),
                plan(2, true, 2, 1, 2, Shard.PARAMETERS, 1, Recompute.SELECTIVE, Schedule.GPIPE)
                        .with(Decision.STAGES, List.of(3, 1)),
                plan(1, false, 3, 1, 2, Shard.OPTIMIZER, 1, Recompute.FULL, Schedule.ONE_F_ONE_B)
                        .with(Decision.STAGES, List.of(2, 2, 0)),
                plan(1, false, 1, 1, 4, Shard.PARAMETERS, 1, Recompute.NONE, Schedule.ONE_F_ONE_B)
                        .with(Decision.SHARD_GROUP, 2),
                plan(1, false, 1, 1, 8, Shard.GRADIENTS, 1, Recompute.NONE, Schedule.ONE_F_ONE_B)
                        .with(Decision.SHARD_GROUP, 4),
                plan(1, false, 2, 1, 2, Shard.OPTIMIZER, 2, Recompute.NONE, Schedule.ONE_F_ONE_B)
                        .with(Decision.CONTEXT, 2)
                        .with(Decision.SHARD_GROUP, 2),
                plan(2, true, 1, 1, 2, Shard.GRADIENTS, 1, Recompute.NONE, Schedule.ONE_F_ONE_B)
                        .with(Decision.RECOMPUTE, apart("[2 x full, none, selective]")),
                plan(1, false, 4, 1, 1, Shard.NONE, 1, Recompute.NONE, Schedule.ZB_H1),
                plan(2, true, 2, 1, 2, Shard.PARAMETERS, 1, Recompute.SELECTIVE, Schedule.ZB_H1),
                plan(1, false, 3, 1, 2, Shard.GRADIENTS, 1, Recompute.FULL, Schedule.ZB_H2),
                plan(2, false, 2, 1, 1, Shard.OPTIMIZER, 2, Recompute.NONE, Schedule.ZB_H2)
                        .with(Decision.CONTEXT, 2)
                        .with(Decision.STAGES, List.of(3, 1)),
                plan(2, true, 2, 2, 1, Shard.NONE, 1, Recompute.SELECTIVE, Schedule.ZB_V),
                plan(1, false, 2, 2, 2, Shard.PARAMETERS, 1, Recompute.NONE, Schedule.DUALPIPE_V),
                plan(1, false, 2, 2, 2, Shard.NONE, 1, Recompute.NONE, Schedule.INTERLEAVED)
                        .with(Decision.RECOMPUTE, apart("[selective, full, none, full]")));
    }

    /** Slower memory beside the arena: of the host, and files. */
    static List<Decisions> beside() {
        return List.of(
                plan(1, false, 1, 1, 2, Shard.OPTIMIZER, 1, Recompute.NONE, Schedule.GPIPE)
                        .with(Decision.OFFLOAD, Offload.ALL)
                        .with(Decision.OFFLOAD_TO, Tier.STORAGE),
                plan(2, true, 2, 1, 1, Shard.NONE, 1, Recompute.SELECTIVE, Schedule.ONE_F_ONE_B)
                        .with(Decision.OFFLOAD, Offload.ACTIVATIONS)
                        .with(Decision.OFFLOAD_TO, Tier.STORAGE),
                plan(1, false, 2, 2, 2, Shard.PARAMETERS, 1, Recompute.NONE, Schedule.INTERLEAVED)
                        .with(Decision.OFFLOAD, Offload.ALL)
                        .with(Decision.OFFLOAD_TO, Tier.HOST),
                plan(2, true, 1, 1, 2, Shard.PARAMETERS, 2, Recompute.FULL, Schedule.GPIPE)
                        .with(Decision.OFFLOAD, Offload.of(Part.WEIGHTS, Part.GRADIENTS))
                        .with(Decision.OFFLOAD_TO, Tier.STORAGE));
    }

    private static Recomputation apart(String layers) {
        return Decision.RECOMPUTE.parse().apply(layers);
    }

    /** Ranks that share experts, alone and with all else; tensor ranks that share each expert. */
    static List<Decisions> sharingExperts() {
        return List.of(
                plan(1, false, 1, 1, 2, Shard.NONE, 2, Recompute.NONE, Schedule.GPIPE)
                        .with(Decision.EXPERT, 2),
                plan(1, false, 1, 1, 4, Shard.OPTIMIZER, 1, Recompute.SELECTIVE, Schedule.GPIPE)
                        .with(Decision.EXPERT, 4)
                        .with(Decision.OVERLAP, 4),
                plan(1, false, 1, 1, 4, Shard.GRADIENTS, 2, Recompute.FULL, Schedule.GPIPE)
                        .with(Decision.EXPERT, 2),
                plan(2, true, 1, 1, 2, Shard.PARAMETERS, 2, Recompute.NONE, Schedule.GPIPE)
                        .with(Decision.EXPERT, 2)
                        .with(Decision.OVERLAP, 2),
                plan(1, false, 1, 1, 8, Shard.OPTIMIZER, 1, Recompute.NONE, Schedule.GPIPE)
                        .with(Decision.EXPERT, 2)
                        .with(Decision.EXPERT_SHARD, 4)
                        .with(Decision.EXPERT_SEND, 2)
                        .with(Decision.OVERLAP, 2),
                plan(2, true, 1, 1, 4, Shard.GRADIENTS, 1, Recompute.FULL, Schedule.GPIPE)
                        .with(Decision.EXPERT_TENSOR, 2)
                        .with(Decision.EXPERT, 2)
                        .with(Decision.EXPERT_SHARD, 2)
                        .with(Decision.EXPERT_SEND, 0),
                plan(2, false, 1, 1, 4, Shard.PARAMETERS, 1, Recompute.FULL, Schedule.GPIPE)
                        .with(Decision.EXPERT_TENSOR, 2)
                        .with(Decision.EXPERT, 2),
                plan(2, true, 2, 1, 2, Shard.OPTIMIZER, 1, Recompute.SELECTIVE, Schedule.ONE_F_ONE_B)
                        .with(Decision.EXPERT_TENSOR, 2)
                        .with(Decision.EXPERT, 2),
                plan(1, false, 2, 2, 4, Shard.GRADIENTS, 1, Recompute.NONE, Schedule.INTERLEAVED)
                        .with(Decision.EXPERT, 4),
                // Shares of sequences, which queues are filled in the order of.
                plan(2, true, 1, 1, 1, Shard.OPTIMIZER, 2, Recompute.SELECTIVE, Schedule.GPIPE)
                        .with(Decision.CONTEXT, 2),
                plan(1, false, 1, 1, 2, Shard.OPTIMIZER, 1, Recompute.SELECTIVE, Schedule.GPIPE)
                        .with(Decision.CONTEXT, 2)
                        .with(Decision.CONTEXT_EXCHANGE, ContextExchange.ZIGZAG)
                        .with(Decision.EXPERT, 4));
    }

    private static List<String> pairs(Decisions plan) {
        List<String> values =
                plan.asText().entrySet().stream().map(Object::toString).toList();
        var pairs = new ArrayList<String>();
        for (int i = 0; i < values.size(); i++) {
            for (int j = 0; j < i; j++) {
                pairs.add(values.get(j) + " " + values.get(i));
            }
        }
        return pairs;
    }

    private static void addMesh(List<Decisions> plans, int tensor, int pipeline, int data) {
        for (boolean sequence : tensor > 1 ? List.of(false, true) : List.of(false)) {
            for (int interleave = 1;
                    interleave == 1 || (pipeline > 1 && pipeline * interleave <= NanoModel.LAYERS);
                    interleave *= 2) {
                for (Shard shard : data > 1 ? List.of(Shard.values()) : List.of(Shard.NONE)) {
                    for (Recompute recompute : Recompute.SOLVED) {
                        addSchedules(plans, tensor, sequence, pipeline, interleave, data, shard, recompute);
                    }
                }
            }
        }
    }

    private static void addSchedules(
            List<Decisions> plans,
            int tensor,
            boolean sequence,
            int pipeline,
            int interleave,
            int data,
            Shard shard,
            Recompute recompute) {
        for (int microbatch = 1; microbatch * data <= NanoModel.BATCH; microbatch *= 2) {
            int count = NanoModel.BATCH / data / microbatch;
            for (Schedule schedule : List.of(Schedule.GPIPE, Schedule.ONE_F_ONE_B, Schedule.INTERLEAVED)) {
                boolean interleaves = schedule == Schedule.INTERLEAVED;
                if (interleaves == interleave > 1 && (!interleaves || count % pipeline == 0)) {
                    plans.add(
                            plan(tensor, sequence, pipeline, interleave, data, shard, microbatch, recompute, schedule));
                }
            }
        }
    }
}
