package dev.dovetail.grammar.resolve.huggingface;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A {@code config.json} and the model it describes, said in the spec language. */
public final class HuggingFaceConfig {
    private static final Map<String, Family> FAMILIES = new TreeMap<>(Map.ofEntries(
            Map.entry("llama", new LlamaFamily(LlamaFamily.Variant.LLAMA)),
            Map.entry("mistral", new LlamaFamily(LlamaFamily.Variant.MISTRAL)),
            Map.entry("mixtral", new MixtralFamily()),
            Map.entry("qwen2", new LlamaFamily(LlamaFamily.Variant.QWEN2)),
            Map.entry("qwen3", new LlamaFamily(LlamaFamily.Variant.QWEN3)),
            Map.entry("qwen3_moe", new QwenMoeFamily()),
            Map.entry("deepseek_v2", new DeepSeekFamily(DeepSeekFamily.Version.V2)),
            Map.entry("deepseek_v3", new DeepSeekFamily(DeepSeekFamily.Version.V3)),
            Map.entry("gpt_oss", new GptOssFamily()),
            Map.entry("gpt2", new Gpt2Family()),
            Map.entry("opt", new OptFamily()),
            Map.entry("bloom", new BloomFamily()),
            Map.entry("gpt_neox", new GptNeoxFamily())));

    private HuggingFaceConfig() {}

    /**
     * The declaration of the model, in the spec language.
     *
     * @throws BrokenConfig where the text is no config
     * @throws UnsupportedConfig where the model is of a kind that is still to come
     */
    public static String declaration(String name, String json) {
        JsonNode root = parsed(json);
        String type = type(root).orElseThrow(() -> new BrokenConfig("`model_type` is missing"));
        Family family = FAMILIES.get(type);
        if (family == null) {
            throw new UnsupportedConfig("a model of type `" + type + "` is");
        }
        return family.read(new ConfigFields(root)).declaration(name);
    }

    /** Whether configs of that type can be read. */
    public static boolean knows(String json) {
        return type(parsed(json)).map(FAMILIES::containsKey).orElse(false);
    }

    private static Optional<String> type(JsonNode root) {
        JsonNode type = root.get("model_type");
        return type == null || !type.isString() ? Optional.empty() : Optional.of(type.stringValue());
    }

    private static JsonNode parsed(String json) {
        JsonNode root;
        try {
            root = JsonMapper.shared().readTree(json);
        } catch (JacksonException broken) {
            throw new BrokenConfig("not JSON: "
                    + broken.getOriginalMessage().lines().findFirst().orElse("unreadable"));
        }
        if (root == null || !root.isObject()) {
            throw new BrokenConfig("not a JSON object");
        }
        return root;
    }
}
