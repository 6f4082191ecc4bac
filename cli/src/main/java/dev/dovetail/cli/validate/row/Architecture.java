package dev.dovetail.cli.validate.row;

import dev.dovetail.cli.validate.table.MeasuredRow;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * A model's sizes as rows and tables of models say them, completed from one another: what a row says itself comes first.
 *
 * @param cells by column: layers, hidden, heads, kv_heads, head_dim, ffn, vocab, experts, topk, …
 */
record Architecture(String name, Map<String, String> cells) {

    /** Model families, by how their names begin; a family tells the conventions that tables leave out. */
    enum Family {
        GPT,
        LLAMA,
        MPT,
        BLOOM,
        NEMOTRON,
        NEMOTRON_H,
        QWEN3
    }

    static Architecture of(MeasuredRow row, Optional<Map<String, String>> known) {
        var cells = new LinkedHashMap<String, String>(known.orElse(Map.of()));
        row.cells().forEach((column, text) -> {
            if (!text.isBlank()) {
                cells.put(column, text.strip());
            }
        });
        return new Architecture(row.find("model").orElse("model"), cells);
    }

    boolean says(String column) {
        return !cells.getOrDefault(column, "").isBlank();
    }

    /** Tokens that a model predicts behind the next, with a layer like its last for each. */
    int further() {
        boolean left = cells.getOrDefault("note", "").toLowerCase(Locale.ROOT).contains("w/o mtp");
        return says("further") && !left ? sizes().count("further") : 0;
    }

    /**
     * As NVIDIA counted FLOPs until the middle of 2026: gated layers have a third product only where the gate is a SiLU
     * (Megatron-Bridge's flop_utils.py).
     */
    Architecture counted() {
        if (!hasBiases()) {
            return this;
        }
        var plain = new LinkedHashMap<>(cells);
        plain.put("gated", "no");
        return new Architecture(name, plain);
    }

    /** GPT-OSS' router and experts have biases. */
    boolean hasBiases() {
        return name.toLowerCase(Locale.ROOT).startsWith("gpt-oss");
    }

    MeasuredRow sizes() {
        return new MeasuredRow(name, cells);
    }

    Family family() {
        String lower = name.toLowerCase(Locale.ROOT);
        if (says("experts") && lower.startsWith("gpt")) {
            return Family.LLAMA;
        }
        if (lower.startsWith("bs-") || lower.startsWith("bloom")) {
            return Family.BLOOM;
        }
        if (lower.startsWith("mpt")) {
            return Family.MPT;
        }
        if (lower.startsWith("nemotron")) {
            return says("pattern") ? Family.NEMOTRON_H : Family.NEMOTRON;
        }
        if (lower.startsWith("qwen3")) {
            return Family.QWEN3;
        }
        boolean gpt = lower.startsWith("gpt")
                || lower.startsWith("megatron")
                || lower.startsWith("turing")
                || lower.startsWith("mt-nlg")
                || lower.startsWith("opt");
        return gpt || !gatedByName(lower) && fourTimesWide() ? Family.GPT : Family.LLAMA;
    }

    private static boolean gatedByName(String lower) {
        return lower.contains("llama")
                || lower.contains("qwen")
                || lower.contains("mistral")
                || lower.contains("mixtral")
                || lower.contains("deepseek")
                || lower.contains("internlm");
    }

    private boolean fourTimesWide() {
        return says("ffn") && says("hidden") && sizes().number("ffn") == 4 * sizes().number("hidden");
    }
}
