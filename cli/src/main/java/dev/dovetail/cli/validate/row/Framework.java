package dev.dovetail.cli.validate.row;

import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * What a training system could not do when a row was measured, so that the solver does not choose it on the row's behalf.
 *
 * @param prefix how the row's framework begins
 * @param lacks techniques
 * @param padsFrom tensor ranks from which on it rounds the vocabulary up to 128 for each; as stated below that
 */
record Framework(String prefix, List<String> lacks, int padsFrom) {
    /** What no measured run of any of them used. */
    private static final List<String> NEW = List.of("ulysses", "overlap");

    Framework {
        lacks = Stream.concat(lacks.stream(), NEW.stream()).toList();
    }

    private static final int NEVER = Integer.MAX_VALUE;
    private static final String TORCHTITAN = "torchtitan";
    private static final String INTERNEVO = "internevo";

    /** The first that fits; the more special before the general. */
    private static final List<Framework> ALL = List.of(
            // DeepSpeed's pipeline engine has no virtual stages; the fork predates sequence parallelism.
            new Framework("megatron-deepspeed", List.of("sequence", "interleave", "stages"), 2),
            new Framework("deepspeed", List.of("tensor", "sequence", "pipeline", "interleave"), NEVER),
            // A system of its own, measured beside the Megatron-LM of 2024.
            new Framework("megatron-lm (", List.of("stages"), 1),
            // The releases behind the papers of 2020 to 2022: sequence parallelism where a row says so, no sharded
            // optimizer.
            new Framework("megatron-lm", List.of("sequence", "shard", "stages"), 1),
            new Framework("megatron", List.of("stages"), 1),
            new Framework("nemo", List.of("stages"), 1),
            new Framework("llm-foundry", List.of("tensor", "sequence", "pipeline", "interleave"), NEVER),
            // Layers are cut evenly, in one chunk a rank unless `num_chunks` says more.
            new Framework(INTERNEVO, List.of("interleave", "stages"), NEVER),
            new Framework("maxtext", List.of("pipeline", "interleave"), NEVER),
            new Framework(TORCHTITAN, List.of("stages"), NEVER));

    private static final Framework ANY = new Framework("", List.of(), NEVER);

    /** Whether ranks that share experts lie along the tensor axis first, each with whole ones. */
    boolean spreadsExperts() {
        return prefix.equals("megatron") || prefix.equals("nemo");
    }

    /** Whether it cuts a batch into as many micro-batches as there are stages where nobody says how many. */
    boolean cutsByStages() {
        return prefix.equals(TORCHTITAN);
    }

    /** Whether layers that are left over go to the last stages, one each (solver/pipeline_utils.py, partition_uniform). */
    boolean fillsLastStages() {
        return prefix.equals(INTERNEVO);
    }

    boolean padsVocab(int tensorRanks) {
        return tensorRanks >= padsFrom;
    }

    static Framework of(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        return ALL.stream()
                .filter(framework -> lower.startsWith(framework.prefix()))
                .findFirst()
                .orElse(ANY);
    }
}
