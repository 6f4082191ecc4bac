package dev.dovetail.cli.exchange;

import dev.dovetail.cli.CommandFailure;
import dev.dovetail.cli.ExitStatus;
import dev.dovetail.grammar.resolve.huggingface.ConfigWriter;
import dev.dovetail.grammar.resolve.huggingface.HuggingFaceWeights;
import dev.dovetail.ir.block.ModelDefinition;
import dev.dovetail.runtime.checkpoint.Checkpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;

/** A folder that Hugging Face's library opens: the config of a model, its weights and its tokenizer. */
public record ExportedModel(Path folder, String type, int tensors) {
    private static final String TOKENIZER = "tokenizer.json";

    /**
     * Writes the folder.
     *
     * @param tokenizer of the model that this one started from; bytes unless there is one
     */
    public static ExportedModel write(ModelDefinition model, Checkpoint weights, Optional<Path> tokenizer, Path folder)
            throws IOException {
        ConfigWriter.Written config = ConfigWriter.write(model)
                .orElseThrow(() -> CommandFailure.of(
                        ExitStatus.WRONG_INPUT,
                        "no family of the library that can be written has models such as `" + model.name() + "`",
                        "these can: " + String.join(", ", ConfigWriter.types())));
        HuggingFaceWeights names = HuggingFaceWeights.of(config.type()).orElseThrow();
        Files.createDirectories(folder);
        int tensors = new WeightExchange(model, names).write(weights, folder.resolve("model.safetensors"));
        Files.writeString(folder.resolve("config.json"), config.json());
        if (tokenizer.isPresent()) {
            Files.copy(tokenizer.get(), folder.resolve(TOKENIZER), StandardCopyOption.REPLACE_EXISTING);
        } else if (model.vocab() == ByteTokenizer.VOCAB) {
            Files.writeString(folder.resolve(TOKENIZER), ByteTokenizer.json());
            Files.writeString(folder.resolve("tokenizer_config.json"), ByteTokenizer.settings(model.context()));
        }
        return new ExportedModel(folder, config.type(), tensors);
    }

    /** Whether it says how texts become tokens. */
    public boolean hasTokenizer() {
        return Files.exists(folder.resolve(TOKENIZER));
    }
}
