package dev.dovetail.cli.exchange;

import dev.dovetail.cli.CommandFailure;
import dev.dovetail.cli.ExitStatus;
import dev.dovetail.grammar.resolve.huggingface.HuggingFaceWeights;
import dev.dovetail.ir.block.ModelDefinition;
import dev.dovetail.runtime.checkpoint.Checkpoint;
import dev.dovetail.runtime.checkpoint.CheckpointException;
import dev.dovetail.runtime.checkpoint.CheckpointStore;
import dev.dovetail.runtime.exchange.WeightFile;
import dev.dovetail.runtime.train.RunFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/** A folder with a model that came from Hugging Face: its spec, its weights as a checkpoint, its tokenizer. */
public record ImportedModel(Path folder) {
    private static final String SPEC = "model.dove";
    private static final String TOKENIZER = "tokenizer.json";

    /**
     * Writes the folder; its checkpoint is whole or absent.
     *
     * @return how many tensors of the files the model does not have
     */
    public static int write(Path from, String spec, ModelDefinition model, String type, Path to) throws IOException {
        HuggingFaceWeights names = HuggingFaceWeights.of(type)
                .orElseThrow(() -> CommandFailure.of(
                        ExitStatus.WRONG_INPUT,
                        "importing the weights of a `" + type + "` is not supported yet",
                        "leave `-o` out to see its spec"));
        int unused = new WeightExchange(model, names).read(WeightFile.in(from), new RunFolder(to).checkpoints());
        Files.writeString(to.resolve(SPEC), spec);
        for (String name : List.of("config.json", TOKENIZER)) {
            if (Files.exists(from.resolve(name))) {
                Files.copy(from.resolve(name), to.resolve(name), StandardCopyOption.REPLACE_EXISTING);
            }
        }
        return unused;
    }

    public Path spec() {
        return folder.resolve(SPEC);
    }

    public Path tokenizer() {
        return folder.resolve(TOKENIZER);
    }

    public Checkpoint weights() {
        return new CheckpointStore(new RunFolder(folder).checkpoints(), 1)
                .latest()
                .orElseThrow(() -> new CheckpointException(
                        "there is no model in `" + folder + "`", "import one: `dovetail import config.json -o DIR`"));
    }
}
