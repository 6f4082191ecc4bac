package dev.dovetail.grammar.resolve.huggingface;

import dev.dovetail.ir.block.ModelDefinition;
import dev.dovetail.ir.block.ModelDefinition.Stack;
import dev.dovetail.ir.block.ModelDefinition.SubLayer;
import dev.dovetail.ir.spec.Settings;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The common fields that a decoder's definition amounts to, by their names in {@code families.json}. What a field cannot say is
 * left out: whoever writes a config reads it again, and sees.
 */
final class CommonFields {
    private final ModelDefinition model;
    private final Map<String, Object> fields = new LinkedHashMap<>();

    private CommonFields(ModelDefinition model) {
        this.model = model;
    }

    static Map<String, Object> of(ModelDefinition model) {
        return new CommonFields(model).all();
    }

    private Map<String, Object> all() {
        fields.put("vocab_size", model.vocab());
        fields.put("hidden_size", model.width());
        fields.put("num_hidden_layers", model.layers());
        fields.put("max_position_embeddings", model.context());
        fields.put("norm_eps", model.epsilon());
        fields.put("tie_word_embeddings", model.tied());
        fields.put("none", 0);
        fields.put("positions", model.positions() == ModelDefinition.Positions.NONE ? "nope" : "rope");
        said("attention").ifPresent(this::attention);
        said("ssm").ifPresent(this::states);
        said("mlp").ifPresent(this::dense);
        said("moe").ifPresent(this::experts);
        fields.put(
                "layer_types",
                model.stacks().stream()
                        .flatMap(stack -> Collections.nCopies(stack.count(), kind(stack)).stream())
                        .toList());
        return fields;
    }

    private static String kind(Stack stack) {
        return has(stack, "ssm") ? "mamba" : "attention";
    }

    private static boolean has(Stack stack, String block) {
        return stack.subLayers().stream()
                .anyMatch(subLayer -> subLayer.block().schema().name().equals(block));
    }

    /** What the first sub-layer of that kind says; those that say something else are told apart when the config is read. */
    private Optional<Settings> said(String block) {
        return model.stacks().stream()
                .flatMap(stack -> stack.subLayers().stream())
                .filter(subLayer -> subLayer.block().schema().name().equals(block))
                .findFirst()
                .map(SubLayer::settings);
    }

    private void attention(Settings said) {
        long heads = said.count("heads").orElseThrow();
        fields.put("num_attention_heads", heads);
        fields.put("num_key_value_heads", said.count("kv_heads").orElse(heads));
        fields.put("head_dim", said.count("head_dim").orElse(model.width() / heads));
        fields.put(
                "rope_theta",
                said.group("rope").flatMap(rope -> rope.real("theta")).orElse(10000.0));
        fields.put(
                "attention_multiplier",
                said.real("scale").orElse(1 / Math.sqrt(said.count("head_dim").orElse(model.width() / heads))));
        String bias = said.word("bias").orElse(model.biases() ? "all" : "none");
        fields.put("attention_bias", bias.equals("all"));
        Optional<Long> window = said.count("window");
        fields.put("sliding_window", window.orElse(null));
        fields.put("use_sliding_window", window.isPresent());
        fields.put("max_window_layers", window.isPresent() ? 0 : model.layers());
    }

    private void states(Settings said) {
        long inner = said.count("inner").orElse(2L * model.width());
        long headDim = said.count("head_dim").orElse(64L);
        String bias = said.word("bias").orElse("conv");
        fields.put("state_size", said.count("state").orElseThrow());
        fields.put("ssm_head_dim", headDim);
        fields.put("ssm_heads", inner / headDim);
        fields.put("expand", inner / model.width());
        fields.put("conv_kernel", said.count("conv").orElse(4L));
        fields.put("n_groups", said.count("groups").orElse(1L));
        fields.put("chunk_size", said.count("chunk").orElse(256L));
        fields.put("time_step_rank", said.count("step_rank").orElse(Math.ceilDiv(model.width(), 16L)));
        fields.put("ssm_bias", bias.equals("all"));
        fields.put("use_conv_bias", !bias.equals("none"));
    }

    private void dense(Settings said) {
        feedForward(said);
        fields.put("intermediate_size", said.count("inner").orElseThrow());
        boolean biased = said.word("bias").map(word -> word.equals("all")).orElse(model.biases());
        fields.put("mlp_bias", biased);
        fields.put("use_bias", biased);
    }

    private void experts(Settings said) {
        feedForward(said);
        fields.put("num_experts", said.count("experts").orElseThrow());
        fields.put("num_experts_per_tok", said.count("top").orElseThrow());
        fields.put("intermediate_size", said.count("inner").orElseThrow());
        fields.put("moe_intermediate_size", said.count("inner").orElseThrow());
        fields.put("norm_topk_prob", said.word("gates").orElse("normalized").equals("normalized"));
        fields.put("router_aux_loss_coef", said.real("balance_loss").orElse(0.0));
    }

    private void feedForward(Settings said) {
        Activation.function(said.word("activation").orElse("gelu"))
                .ifPresent(function -> fields.put("hidden_act", function));
    }
}
