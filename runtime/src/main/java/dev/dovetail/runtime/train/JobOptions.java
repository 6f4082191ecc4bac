package dev.dovetail.runtime.train;

import dev.dovetail.runtime.failure.UsageException;
import dev.dovetail.runtime.rank.PlantedBug;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Locale;
import java.util.Optional;

/**
 * What a job's command line may say; what the job is stands in the job itself.
 *
 * @param output where checkpoints, metrics and the summary go
 * @param processes one process per rank instead of one thread
 * @param fresh forget an earlier run in the folder
 * @param json print the summary as one JSON object and nothing else on standard output
 * @param patience how long a rank waits for a message before the run is given up
 * @param launcher who started this process and others beside it, or `local`; empty to find out
 * @param rank present in a process that was started to be this rank
 */
public record JobOptions(
        Path output,
        boolean processes,
        boolean fresh,
        boolean json,
        boolean poisoned,
        Duration patience,
        RunSetup.Planted planted,
        Optional<String> launcher,
        Optional<RankProcess> rank) {
    /** How a rank's own process finds its place: written by the launcher, never by people. */
    public record RankProcess(int rank, Path rendezvous, long launcher, long resumeFrom) {
        static final long NOTHING_TO_RESUME = -1;
    }

    private static final Duration PATIENCE = Duration.ofMinutes(5);

    /** @param home the folder to use where `--output` is not given */
    public static JobOptions parse(String[] arguments, Path home) {
        Parser parser = new Parser(home);
        Deque<String> rest = new ArrayDeque<>(Arrays.asList(arguments));
        while (!rest.isEmpty()) {
            parser.take(rest.pop(), rest);
        }
        return parser.options();
    }

    /** Collects options while they are read. */
    private static final class Parser {
        private Path output;
        private boolean processes;
        private boolean fresh;
        private boolean json;
        private boolean poisoned;
        private Duration patience = PATIENCE;
        private Optional<PlantedBug> bug = Optional.empty();
        private long bugStep;
        private Optional<String> launcher = Optional.empty();
        private Optional<RankProcess> rank = Optional.empty();

        Parser(Path home) {
            output = home;
        }

        void take(String option, Deque<String> rest) {
            switch (option) {
                case "--output", "-o" -> output = Path.of(value(option, rest));
                case "--processes" -> processes = true;
                case "--fresh" -> fresh = true;
                case "--json" -> json = true;
                case "--launcher" -> launcher = Optional.of(value(option, rest));
                case "--poison" -> poisoned = true;
                case "--patience" -> patience = Duration.ofSeconds(number(option, rest));
                case "--plant" -> bug = Optional.of(bug(value(option, rest)));
                case "--plant-step" -> bugStep = number(option, rest);
                case "--rank" ->
                    rank = Optional.of(new RankProcess(
                            (int) number(option, rest),
                            Path.of(value(option, rest)),
                            number(option, rest),
                            number(option, rest)));
                default ->
                    throw new UsageException(
                            "unknown option `" + option + "`",
                            "a job takes --output DIR, --processes, --fresh, --json, --patience SECONDS, --launcher NAME");
            }
        }

        private static String value(String option, Deque<String> rest) {
            if (rest.isEmpty()) {
                throw new UsageException("`" + option + "` needs a value", "write it after the option");
            }
            return rest.pop();
        }

        private static long number(String option, Deque<String> rest) {
            String value = value(option, rest);
            try {
                return Long.parseLong(value);
            } catch (NumberFormatException e) {
                throw new UsageException("`" + option + "` needs a whole number, not `" + value + "`", "correct it");
            }
        }

        private static PlantedBug bug(String name) {
            String constant = name.toUpperCase(Locale.ROOT).replace('-', '_');
            return Arrays.stream(PlantedBug.values())
                    .filter(b -> b.name().equals(constant))
                    .findFirst()
                    .orElseThrow(() -> new UsageException(
                            "no fault is called `" + name + "`", "one of " + Arrays.toString(PlantedBug.values())));
        }

        JobOptions options() {
            return new JobOptions(
                    output,
                    processes,
                    fresh,
                    json,
                    poisoned,
                    patience,
                    new RunSetup.Planted(bug, bugStep),
                    launcher,
                    rank);
        }
    }
}
