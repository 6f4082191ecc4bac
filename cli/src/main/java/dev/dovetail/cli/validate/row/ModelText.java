package dev.dovetail.cli.validate.row;

import dev.dovetail.cli.validate.row.Architecture.Family;
import dev.dovetail.cli.validate.table.MeasuredRow;
import dev.dovetail.cli.validate.table.Unexpressed;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/** A row's model as a declaration of the spec language. */
final class ModelText {
    /** Bytes of a matrix row that tensor cores like: Megatron-LM rounds vocabularies up to this for each tensor rank. */
    private static final int VOCAB_MULTIPLE = 128;

    private static final String EVEN_LOADS = "even loads of experts";

    private final Architecture architecture;
    private final MeasuredRow sizes;
    private final List<String> assumed;
    private final int tensor;
    private final int stages;
    private final boolean pads;

    /**
     * @param pads whether the framework rounds the vocabulary up even where ranks could share it evenly
     * @param assumed takes what had to be filled in
     */
    ModelText(Architecture architecture, int tensor, int stages, boolean pads, List<String> assumed) {
        this.architecture = architecture;
        this.sizes = architecture.sizes();
        this.tensor = tensor;
        this.stages = stages;
        this.pads = pads;
        this.assumed = assumed;
    }

    /** The declaration of a model {@code subject}. */
    String declaration(int sequence) {
        return declaration("subject", sequence);
    }

    /** The same under frozen weights, of which low-rank updates of the named projections train. */
    String adapted(int sequence, int rank, String projections) {
        return declaration("whole", sequence)
                + "adapter subject of whole { lora { rank %d, on [%s] } }\n".formatted(rank, projections);
    }

    private String declaration(String name, int sequence) {
        if (sizes.word("arch").equals("dit")) {
            return pictures(name, sequence);
        }
        refuseWhatIsNotKnown();
        Family family = architecture.family();
        int hidden = sizes.count("hidden");
        return """
                model %s {
                  vocab     %d
                  width     %d
                  context   %d
                %s
                %s}
                """.formatted(
                        name,
                        vocab(),
                        hidden,
                        sequence,
                        conventions(family).indent(2).stripTrailing(),
                        layers(family, hidden).indent(2));
    }

    /** A diffusion transformer on as many patches as the row has tokens. */
    private String pictures(String name, int patches) {
        int columns = (int) Math.round(Math.sqrt(patches));
        if (!architecture.says("hidden")) {
            throw new Unexpressed("no sizes are known of the model `" + architecture.name() + "`");
        }
        if (columns * columns != patches) {
            throw new Unexpressed("a square picture has no " + patches + " patches: say how many in `seq_len`");
        }
        assumed.add("latents of 4 channels in patches of 2 x 2, 1000 classes");
        int hidden = sizes.count("hidden");
        return """
                model %s {
                  input     latent { size %d x %d, channels 4, patch 2 }
                  condition [timestep, class 1000]
                  width     %d
                  output    noise { learn sigma }
                  repeat %d {
                    attention { heads %d, mask none, modulate adaln_zero }
                    mlp       { inner %d, modulate adaln_zero }
                  }
                }
                """.formatted(
                name, 2 * columns, 2 * columns, hidden, sizes.count("layers"), heads(hidden), sizes.count("ffn"));
    }

    /** Mixtures may begin with some plain layers. */
    private String layers(Family family, int hidden) {
        if (architecture.says("pattern")) {
            return pattern(family, hidden);
        }
        int all = layers(hidden);
        String attention = attention(family, hidden);
        if (!architecture.says("experts")) {
            return repeat(all, attention, mlp(family, hidden));
        }
        int plain = architecture.says("first_dense")
                ? sizes.find("first_dense").map(Integer::parseInt).orElse(0)
                : 0;
        return (plain > 0 ? repeat(plain, attention, mlp(family, hidden)) : "")
                + repeat(all - plain + architecture.further(), attention, mixture(family));
    }

    private static String repeat(int layers, String... blocks) {
        return "repeat %d {\n  %s\n}\n".formatted(layers, String.join("\n  ", blocks));
    }

    /** A hybrid, a letter for each layer of one block, as Megatron-LM writes it; neighbours of one letter are said once. */
    private String pattern(Family family, int hidden) {
        String letters = sizes.text("pattern");
        var layers = new StringBuilder();
        for (int i = 0, next; i < letters.length(); i = next) {
            next = i + 1;
            while (next < letters.length() && letters.charAt(next) == letters.charAt(i)) {
                next++;
            }
            layers.append(repeat(
                    next - i,
                    switch (letters.charAt(i)) {
                        case 'M' -> stateSpace();
                        case 'E' -> mixture(family);
                        case '*' -> attention(family, hidden);
                        case '-' -> mlp(family, hidden);
                        default ->
                            throw new Unexpressed("layers `" + letters.charAt(i) + "` of `" + architecture.name()
                                    + "` are not known");
                    }));
        }
        return layers.toString();
    }

    private String stateSpace() {
        return "ssm { state %d, inner %d, head_dim %d, groups %d, chunk %d }"
                .formatted(
                        sizes.count("ssm_state"),
                        Math.multiplyExact(sizes.count("ssm_heads"), sizes.count("ssm_head_dim")),
                        sizes.count("ssm_head_dim"),
                        sizes.count("ssm_groups"),
                        sizes.count("ssm_chunk"));
    }

    private String attention(Family family, int hidden) {
        int heads = heads(hidden);
        if (architecture.says("kv_latent")) {
            return "attention { heads %d, head_dim %d, rope_dim %d, value_dim %d, kv_latent %d%s }"
                    .formatted(
                            heads,
                            sizes.count("nope_dim"),
                            sizes.count("rope_dim"),
                            sizes.count("value_dim"),
                            sizes.count("kv_latent"),
                            architecture.says("q_latent") ? ", q_latent " + sizes.count("q_latent") : "");
        }
        if (sizes.word("attn").contains("mla")) {
            throw new Unexpressed("no sizes are known of the latent attention of `" + architecture.name() + "`");
        }
        return "attention { heads %d%s%s }"
                .formatted(
                        heads,
                        sizes.findCount("kv_heads").isPresent() ? ", kv_heads " + sizes.count("kv_heads") : "",
                        headDim(hidden, heads) + (family == Family.QWEN3 ? ", qk_norm" : ""));
    }

    private void refuseWhatIsNotKnown() {
        String arch = sizes.word("arch");
        boolean known = arch.isEmpty() || arch.equals("dense") || arch.equals("moe") || architecture.says("pattern");
        if (!known) {
            throw new Unexpressed("a model of kind `" + arch + "` is not supported yet");
        }
        boolean unknown =
                !architecture.says("hidden") || !architecture.says("layers") && !architecture.says("params_b");
        if (unknown) {
            throw new Unexpressed("no sizes are known of the model `" + architecture.name() + "`");
        }
    }

    private static String conventions(Family family) {
        return switch (family) {
            case GPT -> "positions learned\nnorm layernorm\nunembed tied";
            case MPT -> "positions learned\nnorm layernorm\nbias none\nunembed tied";
            case BLOOM -> "positions alibi\nnorm layernorm\nembed_norm\nunembed tied";
            case NEMOTRON -> "positions rope\nnorm layernorm\nbias none\nunembed untied";
            case NEMOTRON_H -> "positions none\nnorm rmsnorm\nunembed untied";
            case LLAMA, QWEN3 -> "positions rope\nnorm rmsnorm\nunembed untied";
        };
    }

    /** Where a row gives parameters and width alone: the layers that make so many, whole on each stage. */
    private int layers(int hidden) {
        if (architecture.says("layers")) {
            return sizes.count("layers");
        }
        double perLayer = 12.0 * hidden * hidden;
        int layers = (int) Math.max(1, Math.round(sizes.number("params_b") * 1e9 / perLayer / stages)) * stages;
        assumed.add(layers + " layers from the parameters");
        return layers;
    }

    private int heads(int hidden) {
        if (architecture.says("heads")) {
            return sizes.count("heads");
        }
        int heads = IntStream.rangeClosed(1, hidden / 32)
                .filter(count -> hidden % count == 0 && count % tensor == 0)
                .boxed()
                .min((a, b) -> Double.compare(awayFrom128(hidden, a), awayFrom128(hidden, b)))
                .orElseThrow(() -> new Unexpressed("the row does not say `heads`"));
        assumed.add(heads + " heads");
        return heads;
    }

    private static double awayFrom128(int hidden, int heads) {
        return Math.abs(Math.log((double) hidden / heads / 128));
    }

    /** Empty where it is the width divided by the heads. */
    private String headDim(int hidden, int heads) {
        String said = sizes.cells().getOrDefault("head_dim", "");
        boolean plain = said.isBlank() || said.contains("/");
        return plain || hidden == (long) heads * sizes.count("head_dim") ? "" : ", head_dim " + sizes.count("head_dim");
    }

    private int vocab() {
        int vocab = sizes.count("vocab");
        if (vocab % tensor == 0 && !pads) {
            return vocab;
        }
        long multiple = (long) VOCAB_MULTIPLE * tensor;
        return (int) Math.min(Integer.MAX_VALUE, (vocab + multiple - 1) / multiple * multiple);
    }

    private String mixture(Family family) {
        int shared = sizes.cells().getOrDefault("shared_experts", "0").strip().matches("[1-9]\\d*")
                ? sizes.count("shared_experts")
                : 0;
        // Benchmarks even the loads: a queue holds its share and no more.
        if (!assumed.contains(EVEN_LOADS)) {
            assumed.add(EVEN_LOADS);
        }
        String width = architecture.says("shared_ffn") ? " { inner " + sizes.count("shared_ffn") + " }" : "";
        return "moe { experts %d, top %d, inner %d, activation %s%s%s%s, capacity 1 }"
                .formatted(
                        sizes.count("experts"),
                        sizes.count("topk"),
                        sizes.count("moe_ffn"),
                        activation(family),
                        shared == 0 ? "" : ", shared " + shared + width,
                        architecture.says("moe_latent") ? ", latent " + sizes.count("moe_latent") : "",
                        architecture.hasBiases() ? ", bias all" : "");
    }

    private String mlp(Family family, int hidden) {
        int inner = architecture.says("ffn") ? sizes.count("ffn") : 4 * hidden;
        return "mlp { inner %d, activation %s }".formatted(inner, activation(family));
    }

    private String activation(Family family) {
        String gated = architecture.cells().getOrDefault("gated", "").toLowerCase(Locale.ROOT);
        return switch (family) {
            case GPT, MPT, BLOOM -> "gelu";
            case NEMOTRON, NEMOTRON_H -> "relu2";
            case LLAMA, QWEN3 -> gated.equals("no") ? "gelu" : "swiglu";
        };
    }
}
