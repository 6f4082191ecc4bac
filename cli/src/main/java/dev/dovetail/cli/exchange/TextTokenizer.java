package dev.dovetail.cli.exchange;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import dev.dovetail.cli.CommandFailure;
import dev.dovetail.cli.ExitStatus;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;

/** A {@code tokenizer.json} of Hugging Face: text to the ids that its model was trained with. */
public final class TextTokenizer implements AutoCloseable {
    private final HuggingFaceTokenizer tokenizer;

    private TextTokenizer(HuggingFaceTokenizer tokenizer) {
        this.tokenizer = tokenizer;
    }

    /** @param longest text, in tokens; what is longer is cut */
    public static TextTokenizer open(Path file, int longest) {
        // The library looks for models on the network unless it is told that there is none.
        System.setProperty("ai.djl.offline", "true");
        try {
            var options = Map.of(
                    "addSpecialTokens", "true",
                    "padding", "false",
                    "truncation", "true",
                    "maxLength", Integer.toString(longest),
                    "modelMaxLength", Integer.toString(longest));
            return new TextTokenizer(HuggingFaceTokenizer.newInstance(file, options));
        } catch (IOException | RuntimeException broken) {
            throw CommandFailure.of(
                    ExitStatus.WRONG_INPUT,
                    "`" + file + "` is no tokenizer: " + broken.getMessage(),
                    "it is the `tokenizer.json` that lies beside a model's weights");
        }
    }

    /** The ids of a text, between the marks that the model wants around it. */
    public int[] ids(String text) {
        return Arrays.stream(tokenizer.encode(text).getIds())
                .mapToInt(Math::toIntExact)
                .toArray();
    }

    /** The text that these ids are. */
    public String text(int[] ids) {
        return tokenizer.decode(Arrays.stream(ids).asLongStream().toArray(), false);
    }

    @Override
    public void close() {
        tokenizer.close();
    }
}
