package dev.dovetail.grammar.resolve.huggingface;

import dev.dovetail.ir.block.ModelDefinition;
import dev.dovetail.ir.block.ModelDefinition.SubLayer;
import dev.dovetail.ir.spec.Settings;
import java.util.LinkedHashMap;
import java.util.List;
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
        List<SubLayer> layer = model.stacks().getFirst().subLayers();
        said(layer, "attention").ifPresent(this::attention);
        said(layer, "mlp").ifPresent(this::dense);
        said(layer, "moe").ifPresent(this::experts);
        return fields;
    }

    private static Optional<Settings> said(List<SubLayer> layer, String block) {
        return layer.stream()
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
        String bias = said.word("bias").orElse(model.biases() ? "all" : "none");
        fields.put("attention_bias", bias.equals("all"));
        Optional<Long> window = said.count("window");
        fields.put("sliding_window", window.orElse(null));
        fields.put("use_sliding_window", window.isPresent());
        fields.put("max_window_layers", window.isPresent() ? 0 : model.layers());
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
