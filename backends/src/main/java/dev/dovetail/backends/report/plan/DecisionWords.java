package dev.dovetail.backends.report.plan;

import dev.dovetail.ir.job.Preparation;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decision.ContextExchange;
import dev.dovetail.ir.plan.Decision.Prepare;
import dev.dovetail.ir.plan.Decision.Recompute;
import dev.dovetail.ir.plan.Decision.Schedule;
import dev.dovetail.ir.plan.Decision.Shard;
import dev.dovetail.ir.plan.Decision.Tier;
import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.ir.plan.Offload;
import dev.dovetail.ir.plan.Recomputation;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What the values of a plan's decisions come to, in words. */
final class DecisionWords {
    private final TrainJob job;
    private final Decisions decisions;

    DecisionWords(TrainJob job, Decisions decisions) {
        this.job = job;
        this.decisions = decisions;
    }

    /** Empty for a decision this version has no words for. */
    String meaning(String decision) {
        return decisions.asText().containsKey(decision) ? words(decision) : "";
    }

    private String words(String decision) {
        return switch (decision) {
            case "tensor" -> tensor(decisions.get(Decision.TENSOR));
            case "sequence" ->
                decisions.get(Decision.SEQUENCE)
                        ? "activations between tensor-parallel regions are split along the sequence"
                        : "activations between tensor-parallel regions are whole on every rank";
            case "pipeline" -> pipeline(decisions.get(Decision.PIPELINE));
            case "interleave" -> interleave(decisions.get(Decision.INTERLEAVE));
            case "stages" -> stages(decisions.get(Decision.STAGES));
            case "matmul" ->
                "linear layers multiply in " + decisions.get(Decision.MATMUL) + ", of what the spec allows";
            case "nodes" -> nodes(decisions.get(Decision.NODES));
            case "context" -> context(decisions.get(Decision.CONTEXT));
            case "context_exchange" -> exchange(decisions.get(Decision.CONTEXT_EXCHANGE));
            case "expert" -> expert(decisions.get(Decision.EXPERT));
            case "expert_tensor" ->
                decisions.get(Decision.EXPERT_TENSOR) == 1
                        ? "experts are whole on their rank"
                        : decisions.get(Decision.EXPERT_TENSOR) + " tensor ranks share each expert";
            case "expert_shard" ->
                decisions.get(Decision.EXPERT_SHARD) == 1
                        ? "no replicas share an expert"
                        : decisions.get(Decision.EXPERT_SHARD) + " replicas share each expert";
            case "expert_send" -> send(decisions.get(Decision.EXPERT_SEND));
            case "overlap" -> overlap(decisions.get(Decision.OVERLAP));
            case "data" -> data(decisions.get(Decision.DATA));
            case "shard" -> shard(decisions.get(Decision.SHARD));
            case "shard_group" -> shardGroup(decisions.get(Decision.SHARD_GROUP));
            case "microbatch" -> microbatch(decisions.get(Decision.MICROBATCH));
            case "recompute" -> recompute(decisions.get(Decision.RECOMPUTE));
            case "schedule" -> schedule(decisions.get(Decision.SCHEDULE));
            case "offload" -> offload(decisions.get(Decision.OFFLOAD));
            case "offload_to" -> !decisions.get(Decision.OFFLOAD).any() ? "" : tier(decisions.get(Decision.OFFLOAD_TO));
            case "frequency" -> frequency(decisions.get(Decision.FREQUENCY));
            case "prepare" -> prepare(decisions.get(Decision.PREPARE));
            case "prepare_helpers" -> helpers(decisions.get(Decision.PREPARE_HELPERS));
            case "prepare_steps" -> stepsAway(decisions.get(Decision.PREPARE_STEPS));
            case "prepare_share" ->
                decisions.get(Decision.PREPARE_SHARE) == 0
                        ? "no sample is prepared elsewhere"
                        : decisions.get(Decision.PREPARE_SHARE) + " % of the samples go that way";
            default -> "";
        };
    }

    private static String tensor(int ways) {
        return ways == 1 ? "layers are whole on their rank" : "each layer is split over " + ways + " ranks";
    }

    private static String pipeline(int stages) {
        return stages == 1 ? "one stage holds every layer" : stages + " stages in a row";
    }

    private static String interleave(int chunks) {
        return chunks == 1 ? "one stretch of layers a stage" : chunks + " stretches of layers a stage";
    }

    private static String stages(List<Integer> split) {
        int fewest = Collections.min(split);
        int most = Collections.max(split);
        return fewest == most
                ? fewest + " layers on each"
                : fewest + " to " + most + " layers, in the order of the model";
    }

    /** Stages of one kind of node are neighbours, as the solver has it, or not, as a spec may. */
    private String nodes(List<Integer> kinds) {
        var words = new ArrayList<String>();
        for (int from = 0, to; from < kinds.size(); from = to) {
            for (to = from + 1; to < kinds.size() && kinds.get(to).equals(kinds.get(from)); ) {
                to++;
            }
            String stages = to - from == 1 ? "stage " + from : "stages " + from + " to " + (to - 1);
            words.add(stages + " on "
                    + job.cluster().groups().get(kinds.get(from) - 1).node().name());
        }
        return String.join(", ", words);
    }

    private String context(int ways) {
        return ways == 1
                ? "sequences are whole on their rank"
                : ways + " ranks share each sequence, " + job.sequence() / ways + " tokens each";
    }

    private static String expert(int ways) {
        return ways == 1
                ? "every replica has all experts"
                : ways + " neighbouring replicas share the experts; tokens travel to them and back";
    }

    private static String send(int ranks) {
        return switch (ranks) {
            case 0 -> "tokens stay where they are; experts are gathered";
            case 1 -> "a token is sent to one rank of each of its experts";
            default -> "a token is sent to " + ranks + " ranks of each of its experts, which add up their parts";
        };
    }

    private static String overlap(int stretches) {
        return stretches == 1
                ? "experts wait for all of their tokens"
                : "experts' tokens travel in " + stretches + " stretches, each beside the work on another";
    }

    private String data(int replicas) {
        int share = job.largestShare(replicas);
        return replicas == 1
                ? "one replica takes the whole batch"
                : replicas + " replicas of " + (job.batch() % replicas == 0 ? "" : (share - 1) + " or ") + share
                        + " sequences each";
    }

    private String shardGroup(int ranks) {
        int all = decisions.find(Decision.DATA).orElse(1)
                * decisions.find(Decision.CONTEXT).orElse(1);
        return ranks == all
                ? "what is sharded is spread over all data ranks"
                : ranks + " neighbours spread it among themselves, and so does every such group";
    }

    private static String shard(Shard shard) {
        return switch (shard) {
            case NONE -> "every replica keeps all state";
            case OPTIMIZER -> "optimizer state is split over the replicas (ZeRO 1)";
            case GRADIENTS -> "optimizer state and gradients are split over the replicas (ZeRO 2)";
            case PARAMETERS -> "all state is split over the replicas (ZeRO 3)";
        };
    }

    private String microbatch(int sequences) {
        int replicas = decisions.find(Decision.DATA).orElse(1);
        int count = job.microbatches(replicas, sequences);
        return count
                + (count == 1 ? " micro-batch of " : " micro-batches of ")
                + sequences
                + (sequences == 1 ? " sequence a step" : " sequences a step");
    }

    private static String recompute(Recomputation recompute) {
        return recompute
                .everywhere()
                .map(DecisionWords::everywhere)
                .orElseGet(() -> recompute.layers().stream()
                        .collect(Collectors.groupingBy(mode -> mode, TreeMap::new, Collectors.counting()))
                        .entrySet()
                        .stream()
                        .map(each -> switch (each.getKey()) {
                            case NONE -> each.getValue() + " layers keep every activation";
                            case SELECTIVE ->
                                each.getValue() + " compute attention scores, or what comes up from latents, again";
                            case ALTERNATE -> each.getValue() + " keep attention and every second product";
                            case FULL -> each.getValue() + " keep their input alone";
                        })
                        .collect(Collectors.joining(", ")));
    }

    private static String everywhere(Recompute recompute) {
        return switch (recompute) {
            case NONE -> "every activation is kept";
            case SELECTIVE ->
                "attention scores, or what comes up from latents, are computed again in the backward pass";
            case ALTERNATE -> "what attention gives and every second product are kept; the rest is computed again";
            case FULL -> "only each layer’s input is kept; the rest is computed again";
        };
    }

    private String exchange(ContextExchange exchange) {
        if (decisions.find(Decision.CONTEXT).orElse(1) == 1) {
            return "no ranks exchange anything for attention along a sequence";
        }
        return switch (exchange) {
            case GATHER -> "for attention each rank gathers keys and values of its sequences";
            case ZIGZAG ->
                "for attention each rank, which has an early and a late stretch of its sequences, gathers keys and values";
            case ALL_TO_ALL -> "for attention ranks change positions of all heads for all positions of some, and back";
        };
    }

    private static String offload(Offload offload) {
        return offload.any()
                ? "what lies beside the device until it is needed: " + offload.words()
                : "all of a rank is in its device’s memory";
    }

    private static String tier(Tier tier) {
        return switch (tier) {
            case HOST -> "beside the device means in the host’s memory";
            case STORAGE -> "beside the device means on the node’s drives";
        };
    }

    private static String schedule(Schedule schedule) {
        return switch (schedule) {
            case GPIPE -> "all forward passes, then all backward passes";
            case ONE_F_ONE_B -> "one forward, one backward in turn";
            case INTERLEAVED -> "one forward, one backward in turn, over virtual stages";
            case ZB_H1 ->
                "one forward, one backward in turn; gradients of weights where stages would wait, within the memory of the first";
            case ZB_H2 ->
                "forward passes far ahead, then one forward, one backward in turn; gradients of weights where stages would wait";
            case ZB_V ->
                "two stretches of layers a rank, there and back; gradients of weights where stages would wait, within the memory of the first";
            case DUALPIPE_V ->
                "two stretches of layers a rank, there and back; a forward pass of one beside a backward pass of the other";
        };
    }

    private static String prepare(Prepare prepare) {
        return switch (prepare) {
            case IN_STEP -> "each replica prepares its samples in the step that needs them";
            case WORKER -> "the workers' processors prepare samples beside the step before";
            case HELPERS -> "machines that do nothing else prepare some samples beside the step before";
            case STORAGE -> "the machines that samples lie on prepare some of them beside the step before";
        };
    }

    private static String helpers(int count) {
        return count == 0 ? "no machine is there for samples alone" : count + " machines are there for samples alone";
    }

    private String stepsAway(int steps) {
        return steps == 0
                ? "the workers do all steps"
                : job.preparation()
                        .map(preparation -> preparation.steps().subList(0, steps).stream()
                                .map(Preparation.Step::name)
                                .collect(Collectors.joining(", ", "done there: ", "")))
                        .orElse("");
    }

    private static String frequency(int megahertz) {
        return megahertz + " MHz on every device";
    }
}
