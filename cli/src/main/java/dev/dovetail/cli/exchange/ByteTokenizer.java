package dev.dovetail.cli.exchange;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/**
 * The tokenizer of models whose tokens are bytes, as Hugging Face's library says one: byte pairs without a pair. That library
 * spells bytes as letters (Radford et al. 2019, GPT-2): printable ones as themselves, the others as letters from U+0100 on.
 */
final class ByteTokenizer {
    /** Tokens of such models. */
    static final int VOCAB = 256;

    private ByteTokenizer() {}

    /** The text of a {@code tokenizer.json}. */
    static String json() {
        Map<String, Object> vocab = new LinkedHashMap<>();
        int hidden = 0;
        for (int token = 0; token < VOCAB; token++) {
            char letter = isPrintable(token) ? (char) token : (char) (VOCAB + hidden++);
            vocab.put(String.valueOf(letter), token);
        }
        Map<String, Object> model = object("type", "BPE");
        model.put("dropout", null);
        model.put("unk_token", null);
        model.put("continuing_subword_prefix", "");
        model.put("end_of_word_suffix", "");
        model.put("fuse_unk", false);
        model.put("byte_fallback", false);
        model.put("vocab", vocab);
        model.put("merges", List.of());
        Map<String, Object> tokenizer = object("version", "1.0");
        tokenizer.put("truncation", null);
        tokenizer.put("padding", null);
        tokenizer.put("added_tokens", List.of());
        tokenizer.put("normalizer", null);
        tokenizer.put("pre_tokenizer", bytes());
        tokenizer.put("post_processor", null);
        tokenizer.put("decoder", bytes());
        tokenizer.put("model", model);
        return text(tokenizer);
    }

    /** What the library is told besides, to open it by itself. */
    static String settings(int context) {
        Map<String, Object> settings = object("tokenizer_class", "PreTrainedTokenizerFast");
        settings.put("clean_up_tokenization_spaces", false);
        settings.put("model_max_length", context);
        return text(settings);
    }

    private static boolean isPrintable(int token) {
        boolean ascii = token >= '!' && token <= '~';
        return ascii || (token >= 0xA1 && token < VOCAB && token != 0xAD);
    }

    private static Map<String, Object> bytes() {
        Map<String, Object> bytes = object("type", "ByteLevel");
        bytes.put("add_prefix_space", false);
        bytes.put("trim_offsets", true);
        bytes.put("use_regex", false);
        return bytes;
    }

    private static Map<String, Object> object(String name, String value) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put(name, value);
        return object;
    }

    private static String text(Map<String, Object> object) {
        return JsonMapper.builder().build().writerWithDefaultPrettyPrinter().writeValueAsString(object) + "\n";
    }
}
