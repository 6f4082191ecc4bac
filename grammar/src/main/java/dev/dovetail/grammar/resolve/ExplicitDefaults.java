package dev.dovetail.grammar.resolve;

import dev.dovetail.grammar.parse.SpecParser;
import dev.dovetail.grammar.syntax.Block;
import dev.dovetail.grammar.syntax.ClauseKind;
import dev.dovetail.grammar.syntax.Declaration;
import dev.dovetail.grammar.syntax.Definition;
import dev.dovetail.grammar.syntax.DefinitionKind;
import dev.dovetail.grammar.syntax.Entry;
import dev.dovetail.grammar.syntax.Import;
import dev.dovetail.grammar.syntax.Job;
import dev.dovetail.grammar.syntax.JobVerb;
import dev.dovetail.grammar.syntax.NameAtom;
import dev.dovetail.grammar.syntax.SourceText;
import dev.dovetail.grammar.syntax.SpecFile;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Says what a spec leaves to defaults: {@code fmt --explicit}. What is derived from another entry is said as the derivation
 * ({@code kv_heads heads}). A model read from a config or extending another takes its defaults from there, so it is left.
 */
public final class ExplicitDefaults {
    private ExplicitDefaults() {}

    public static SpecFile said(SpecFile file) {
        List<Declaration> declarations =
                file.declarations().stream().map(ExplicitDefaults::said).toList();
        return new SpecFile(declarations, file.closing(), file.span());
    }

    private static Declaration said(Declaration declaration) {
        return switch (declaration) {
            case Definition definition -> isWholeModel(definition) ? model(definition) : definition;
            case Job job -> job.verb() == JobVerb.TRAIN || job.verb() == JobVerb.FINETUNE ? job(job) : job;
            case Import imported -> imported;
        };
    }

    private static boolean isWholeModel(Definition definition) {
        return definition.kind() == DefinitionKind.MODEL
                && definition.clause(ClauseKind.FROM).isEmpty()
                && definition.clause(ClauseKind.EXTENDS).isEmpty()
                && definition.block().isPresent();
    }

    private static Declaration model(Definition model) {
        boolean layerNorm = says(model.entries(), "norm", "layernorm");
        List<Entry> defaults = entries(
                "positions rope { theta 10000 }",
                "norm rmsnorm { epsilon 1e-5 }",
                "bias " + (layerNorm ? "all" : "none"),
                "unembed untied",
                "final_norm on");
        List<Entry> said = new ArrayList<>();
        for (Entry entry : model.entries()) {
            said.add(entry.keyword().equals("repeat") ? repeat(entry) : entry);
        }
        Block block = with(model.block().orElseThrow(), merged(said, defaults, true));
        return new Definition(
                model.kind(), model.name(), model.clauses(), Optional.of(block), model.trivia(), model.span());
    }

    private static Entry repeat(Entry repeat) {
        if (repeat.block().isEmpty()) {
            return repeat;
        }
        List<Entry> subLayers =
                repeat.entries().stream().map(ExplicitDefaults::subLayer).toList();
        return withBlock(repeat, subLayers);
    }

    private static Entry subLayer(Entry entry) {
        if (entry.keyword().equals("repeat")) {
            return repeat(entry);
        }
        List<Entry> defaults = switch (entry.keyword()) {
            case "attention" ->
                has(entry.entries(), "kv_latent")
                        ? entries("head_dim width / heads", "value_dim head_dim", "mask causal")
                        : entries("kv_heads heads", "head_dim width / heads", "mask causal");
            case "moe" -> entries("activation gelu", "bias none", "scoring softmax", "gates normalized", "scale 1");
            case "mlp" -> entries("activation gelu");
            case "ssm" -> entries("kind mamba2", "inner 2 * width", "conv 4", "bias conv");
            case "delta" -> entries("value_heads heads", "value_dim head_dim", "conv 4", "chunk 64");
            case "conv" -> entries("taps 3", "inner width");
            case "lru" -> entries("inner width", "conv 4");
            case "transformer" -> entries("depth 1");
            default -> List.of();
        };
        return withBlock(entry, merged(entry.entries(), defaults, false));
    }

    private static Declaration job(Job job) {
        List<Entry> defaults = entries(
                "precision fp32",
                "optimizer adamw { lr 1e-3, betas [0.9, 0.999], epsilon 1e-8, decay 0, warmup 20 }",
                "minimize time",
                "seed 0",
                "checkpoint every 100 steps");
        Block block = job.block()
                .map(old -> with(old, merged(job.entries(), defaults, false)))
                .orElseGet(() -> new Block(defaults, "", List.of(), false, job.span()));
        return new Job(
                job.verb(), job.subject(), job.cluster(), job.alias(), Optional.of(block), job.trivia(), job.span());
    }

    /** Defaults stand behind what is said, but before the layers of a model. */
    private static List<Entry> merged(List<Entry> said, List<Entry> defaults, boolean beforeRepeat) {
        List<Entry> all = new ArrayList<>(said);
        int layers = 0;
        while (layers < all.size() && !all.get(layers).keyword().equals("repeat")) {
            layers++;
        }
        int at = beforeRepeat ? layers : all.size();
        for (Entry entry : defaults) {
            if (!has(said, entry.keyword())) {
                all.add(at++, entry);
            }
        }
        return all;
    }

    private static boolean has(List<Entry> entries, String keyword) {
        return entries.stream().anyMatch(entry -> entry.keyword().equals(keyword));
    }

    private static boolean says(List<Entry> entries, String keyword, String word) {
        return entries.stream()
                .filter(entry ->
                        entry.keyword().equals(keyword) && !entry.values().isEmpty())
                .anyMatch(entry -> entry.values().getFirst() instanceof NameAtom name
                        && name.text().equals(word));
    }

    private static Entry withBlock(Entry entry, List<Entry> entries) {
        Block block = entry.block()
                .map(old -> with(old, entries))
                .orElseGet(() -> new Block(entries, "", List.of(), true, entry.span()));
        return new Entry(entry.atoms(), Optional.of(block), entry.trivia(), entry.span());
    }

    private static Block with(Block block, List<Entry> entries) {
        return new Block(entries, block.opening(), block.closing(), block.inline(), block.span());
    }

    private static List<Entry> entries(String... written) {
        String text = "model defaults {\n" + String.join("\n", written) + "\n}\n";
        Declaration parsed = SpecParser.parse(new SourceText("defaults", text))
                .file()
                .declarations()
                .getFirst();
        return ((Definition) parsed).entries();
    }
}
