package dev.dovetail.runtime.sample;

import dev.dovetail.runtime.failure.UsageException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;

/**
 * What the command line of sampling may say.
 *
 * @param folder of the training run
 * @param prompt the text to continue, at least one byte
 * @param tokens how many to add
 * @param choice how each is picked
 * @param check whether to say how many of the words written occur in held-out text
 */
public record SampleOptions(Path folder, String prompt, int tokens, Choice choice, boolean check) {
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
        Path folder = home;
        String prompt = "";
        int tokens = 400;
        double temperature = 0.8;
        int topK = Integer.MAX_VALUE;
        long seed = 0;
        boolean check = false;
        Deque<String> rest = new ArrayDeque<>(Arrays.asList(arguments));
        while (!rest.isEmpty()) {
            String option = rest.pop();
            if (option.equals("--check")) {
                check = true;
                continue;
            }
            if (rest.isEmpty()) {
                throw new UsageException("`" + option + "` needs a value", "write it after the option");
            }
            String value = rest.pop();
            switch (option) {
                case "--output", "-o" -> folder = Path.of(value);
                case "--prompt" -> prompt = value;
                case "--tokens" -> tokens = (int) number(option, value);
                case "--temperature" -> temperature = number(option, value);
                case "--top-k" -> topK = (int) number(option, value);
                case "--seed" -> seed = (long) number(option, value);
                default ->
                    throw new UsageException(
                            "unknown option `" + option + "`",
                            "sampling takes --prompt, --tokens, --temperature (0 is greedy), --top-k, --seed and --check");
            }
        }
        Choice choice =
                temperature == 0 ? new Choice.Greedy() : new Choice.Weighted(temperature, Math.max(1, topK), seed);
        return new SampleOptions(folder, prompt, tokens, choice, check);
    }

    private static double number(String option, String value) {
        try {
            double number = Double.parseDouble(value);
            if (number >= 0) {
                return number;
            }
        } catch (NumberFormatException e) {
            // Told below, with what it should have been.
        }
        throw new UsageException(
                "`" + option + "` needs a number that is not negative, not `" + value + "`", "correct it");
    }
}
