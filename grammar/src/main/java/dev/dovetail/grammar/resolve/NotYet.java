package dev.dovetail.grammar.resolve;

import java.util.Map;
import java.util.Set;

/**
 * Words of the language whose capability is still to come, by the block they stand in. They are told apart from slips:
 * "not supported yet" is an answer, "did you mean" would be a wrong one. A word leaves this list when it arrives.
 */
final class NotYet {
    private static final Set<String> SUB_LAYER = Set.of("dropout", "lora", "quantize");

    private static final Map<String, Set<String>> PLANNED = Map.ofEntries(
            Map.entry("model", Set.of("frozen", "dropout")),
            Map.entry("repeat", Set.of("modulate", "lora", "mix")),
            Map.entry("attention", SUB_LAYER),
            Map.entry("mlp", SUB_LAYER),
            Map.entry("moe", SUB_LAYER),
            Map.entry("cluster", Set.of("pods", "spot")),
            Map.entry("node", Set.of("failures", "power")),
            Map.entry("device", Set.of("failures", "sparsity")),
            Map.entry("train", Set.of("epochs", "quality", "rewards", "tenants", "objective", "clip")),
            Map.entry("require", Set.of("quality", "perplexity", "power", "loss", "tokens_per_second")),
            Map.entry("techniques", Set.of("quantize", "quantization", "speculate", "compress", "phases", "paging")),
            Map.entry(
                    "fix",
                    Set.of(
                            "precision",
                            "network",
                            "replicas",
                            "phases",
                            "prefill_chunk",
                            "batch_tokens",
                            "kv_layout",
                            "kv_precision",
                            "kv_replication",
                            "weights",
                            "speculate",
                            "draft_tree",
                            "place")));

    private NotYet() {}

    static boolean isPlanned(String block, String word) {
        return PLANNED.getOrDefault(block, Set.of()).contains(word);
    }
}
