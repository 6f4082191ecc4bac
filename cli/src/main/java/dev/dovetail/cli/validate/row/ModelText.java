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

    String declaration(int sequence) {
        if (sizes.word("arch").equals("dit")) {
            return pictures(sequence);
        }
        refuseWhatIsNoTransformer();
        Family family = architecture.family();
        int hidden = sizes.count("hidden");
        return """
                model subject {
                  vocab     %d
                  width     %d
                  context   %d
                %s
                %s}
                """.formatted(
                        vocab(),
                        hidden,
                        sequence,
                        conventions(family).indent(2).stripTrailing(),
                        layers(family, hidden).indent(2));
    }

    /** A diffusion transformer on as many patches as the row has tokens. */
    private String pictures(int patches) {
        int columns = (int) Math.round(Math.sqrt(patches));
        if (columns * columns != patches || !architecture.says("hidden")) {
            throw new Unexpressed("no sizes are known of the model `" + architecture.name() + "`");
        }
        assumed.add("latents of 4 channels in patches of 2 x 2, 1000 classes");
        int hidden = sizes.count("hidden");
        return """
                model subject {
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
                        2 * columns, 2 * columns, hidden, sizes.count("layers"), heads(hidden), sizes.count("ffn"));
    }

    /** Mixtures may begin with some plain layers. */
    private String layers(Family family, int hidden) {
        int all = layers(hidden);
        String attention = attention(family, hidden);
        if (!architecture.says("experts")) {
            return repeat(all, attention, mlp(family, hidden));
        }
        int plain = architecture.says("first_dense")
                ? sizes.find("first_dense").map(Integer::parseInt).orElse(0)
                : 0;
        return (plain > 0 ? repeat(plain, attention, mlp(family, hidden)) : "")
                + repeat(all - plain, attention, mixture(family));
    }

    private static String repeat(int layers, String attention, String feedForward) {
        return "repeat %d {\n  %s\n  %s\n}\n".formatted(layers, attention, feedForward);
    }

    private String attention(Family family, int hidden) {
        int heads = heads(hidden);
        if (architecture.says("kv_latent")) {
            return "attention { heads %d, head_dim %d, rope_dim %d, value_dim %d, kv_latent %d%s }"
                    .formatted(
                            heads,
                            sizes.count("nope_dim") + sizes.count("rope_dim"),
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

    private void refuseWhatIsNoTransformer() {
        String arch = sizes.word("arch");
        if (!arch.isEmpty() && !arch.equals("dense") && !arch.equals("moe")) {
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
        assumed.add("even loads of experts");
        return "moe { experts %d, top %d, inner %d, activation %s%s, capacity 1 }"
                .formatted(
                        sizes.count("experts"),
                        sizes.count("topk"),
                        sizes.count("moe_ffn"),
                        activation(family),
                        shared == 0 ? "" : ", shared " + shared);
    }

    private String mlp(Family family, int hidden) {
        int inner = architecture.says("ffn") ? sizes.count("ffn") : 4 * hidden;
        return "mlp { inner %d, activation %s }".formatted(inner, activation(family));
    }

    private String activation(Family family) {
        String gated = architecture.cells().getOrDefault("gated", "").toLowerCase(Locale.ROOT);
        return switch (family) {
            case GPT, MPT, BLOOM -> "gelu";
            // Squared ReLU: one more multiplication in a fused map.
            case NEMOTRON -> "relu";
            case LLAMA, QWEN3 -> gated.equals("no") ? "gelu" : "swiglu";
        };
    }
}
