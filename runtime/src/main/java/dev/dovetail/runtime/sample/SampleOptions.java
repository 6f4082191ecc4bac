package dev.dovetail.runtime.sample;

import dev.dovetail.runtime.failure.UsageException;
import java.nio.file.Path;
import java.util.List;

/**
 * What the command line of sampling text may say.
 *
 * @param folder of the training run
 * @param prompt the text to continue, at least one byte
 * @param tokens how many to add
 * @param choice how each is picked
 * @param check whether to say how many of the words written occur in held-out text
 */
public record SampleOptions(Path folder, String prompt, int tokens, Choice choice, boolean check) {
    /** What a run shows of itself when it is done. */
    static final String SHOW = "--show";

    private static final String SHOWN = "public static";

    public SampleOptions {
        if (prompt.isEmpty()) {
            throw new UsageException("there is nothing to continue", "give some text: --prompt \"public static\"");
        }
        if (tokens < 1) {
            throw new UsageException("cannot write " + tokens + " tokens", "use --tokens 1 or more");
        }
    }

    /** @param home the folder to use where `--output` is not given */
    public static SampleOptions parse(String[] arguments, Path home) {
        var said = Arguments.parse(
                arguments,
                List.of("--output", "--prompt", "--tokens", "--temperature", "--top-k", "--seed"),
                List.of("--check", SHOW),
                "sampling text takes --prompt, --tokens, --temperature (0 is greedy), --top-k, --seed and --check");
        double temperature = said.number("--temperature", 0.8);
        int topK = (int) said.number("--top-k", Integer.MAX_VALUE);
        Choice choice = temperature == 0
                ? new Choice.Greedy()
                : new Choice.Weighted(temperature, Math.max(1, topK), (long) said.number("--seed", 0));
        return new SampleOptions(
                said.text("--output").map(Path::of).orElse(home),
                said.text("--prompt").orElse(said.has(SHOW) ? SHOWN : ""),
                (int) said.number("--tokens", 400),
                choice,
                said.has("--check"));
    }
}
