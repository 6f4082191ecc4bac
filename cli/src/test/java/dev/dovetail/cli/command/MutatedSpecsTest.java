package dev.dovetail.cli.command;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.grammar.parse.ParsedSpec;
import dev.dovetail.grammar.parse.SpecParser;
import dev.dovetail.grammar.resolve.Catalog;
import dev.dovetail.grammar.resolve.ResolveOptions;
import dev.dovetail.grammar.resolve.ResolvedSpec;
import dev.dovetail.grammar.resolve.SpecResolver;
import dev.dovetail.grammar.syntax.SourceText;
import dev.dovetail.ir.block.BlockCatalog;
import dev.dovetail.ir.block.BlockException;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.optimizer.cost.CostModel;
import dev.dovetail.optimizer.cost.DeviceConstants;
import dev.dovetail.optimizer.cost.MissingFigureException;
import dev.dovetail.optimizer.pack.GreedyPacker;
import dev.dovetail.optimizer.search.BranchAndBound;
import dev.dovetail.optimizer.search.Figures.Figure;
import dev.dovetail.optimizer.search.Focus;
import dev.dovetail.optimizer.search.Goal;
import dev.dovetail.optimizer.search.Limits;
import dev.dovetail.optimizer.search.Planner;
import dev.dovetail.optimizer.search.Space;
import dev.dovetail.optimizer.technique.Problem;
import dev.dovetail.optimizer.technique.Technique;
import dev.dovetail.optimizer.technique.TechniqueCatalog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Predicate;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Whatever is done to a spec, its reader hears what is wrong with it and no exception. {@code -Ddovetail.mutants=N} makes so many
 * of each spec, {@code -Ddovetail.seed=N} others; mutants without a mistake are planned within a few nodes.
 */
class MutatedSpecsTest {
    private static final Path SPECS = Path.of("../specs").toAbsolutePath().normalize();
    private static final Pattern TOKEN = Pattern.compile("//[^\\n]*|\"[^\"\\n]*\"|[\\w.]+%?|\\s+|\\S");
    private static final List<String> NUMBERS =
            List.of("0", "-1", "1e30", "7919", "1", "0.5", "2147483648", "1e-30", "1000000", "nan", "0 / 0");
    private static final int NODES = 40;
    /** Of so many mutants without a mistake one is planned: that takes longer than all else. */
    private static final int PLANNED = Integer.getInteger("dovetail.planned", 8);

    private final Random random = new Random(Long.getLong("dovetail.seed", 1));
    private final List<String> techniques = TechniqueCatalog.standard().techniques().stream()
            .map(Technique::name)
            .toList();
    private final SpecResolver resolver = new SpecResolver(
            Catalog.shipped(), BlockCatalog.standard(), new ResolveOptions(List.of(), 2, techniques, false));
    private final List<String> crashes = new ArrayList<>();
    private int sound;

    @Test
    void isReadOrRefusedInWords() throws IOException {
        List<Path> specs;
        try (Stream<Path> files = Files.list(SPECS)) {
            specs = files.filter(file -> file.toString().endsWith(".dove"))
                    .sorted()
                    .toList();
        }
        int each = Integer.getInteger("dovetail.mutants", 4);
        for (Path spec : specs) {
            String text = Files.readString(spec);
            for (int i = 0; i < each; i++) {
                String mutant = mutant(text);
                try {
                    read(spec, mutant);
                } catch (RuntimeException | Error crash) {
                    List<StackTraceElement> where =
                            Stream.of(crash.getStackTrace()).limit(4).toList();
                    crashes.add(spec.getFileName() + ": " + changed(text, mutant) + ": " + crash + " at " + where);
                }
            }
        }
        assertTrue(crashes.isEmpty(), String.join("\n", crashes));
        assertTrue(sound > specs.size() / 8, "only " + sound + " mutants made sense");
    }

    private void read(Path spec, String text) throws IOException {
        var source = new SourceText(spec.getFileName().toString(), text);
        ParsedSpec parsed = SpecParser.parse(source);
        ResolvedSpec resolved = resolver.resolve(source, SPECS);
        assertTrue(parsed.diagnostics().isEmpty() || resolved.hasErrors());
        if (!resolved.hasErrors() && ++sound % PLANNED == 0) {
            resolved.jobs().forEach(this::plan);
        }
    }

    /** What a job for this machine costs is not known before the machine is measured; it is expanded alone. */
    private void plan(TrainJob job) {
        try {
            Problem problem = Problem.of(job);
            if (job.cluster().thisMachine().isPresent()) {
                return;
            }
            TechniqueCatalog catalog = TechniqueCatalog.standard();
            var limits = Limits.of(job);
            var planner = new Planner(
                    catalog, CostModel.ofDevices(job.cluster()), DeviceConstants.ACCELERATOR, new GreedyPacker());
            var appraiser = planner.appraiser(problem, new Focus(true, false, Long.MAX_VALUE));
            Goal fastest = Goal.minimise(List.of(Figure.TIME), limits);
            BranchAndBound.findAny(new Space(problem, catalog, appraiser), appraiser, fastest, NODES);
        } catch (BlockException | MissingFigureException refused) {
            assertTrue(!refused.getMessage().isBlank());
        }
    }

    // --- mutants
    // ---------------------------------------------------------------------------------------------------------

    private String mutant(String text) {
        List<String> tokens = new ArrayList<>(
                TOKEN.matcher(text).results().map(MatchResult::group).toList());
        int changes = 1 + random.nextInt(3);
        for (int i = 0; i < changes; i++) {
            mutate(tokens);
        }
        return String.join("", tokens);
    }

    private void mutate(List<String> tokens) {
        List<Integer> words = indices(tokens, token -> !token.isBlank() && !token.startsWith("//"));
        List<Integer> numbers = indices(tokens, token -> Character.isDigit(token.charAt(0)));
        int at = words.get(random.nextInt(words.size()));
        int other = words.get(random.nextInt(words.size()));
        switch (random.nextInt(6)) {
            case 0 -> tokens.set(at, "");
            case 1 -> {
                String first = tokens.get(at);
                tokens.set(at, tokens.get(other));
                tokens.set(other, first);
            }
            case 2 -> tokens.set(at, tokens.get(other));
            default -> {
                if (!numbers.isEmpty()) {
                    int number = numbers.get(random.nextInt(numbers.size()));
                    tokens.set(number, NUMBERS.get(random.nextInt(NUMBERS.size())));
                }
            }
        }
        tokens.removeIf(String::isEmpty);
    }

    private static List<Integer> indices(List<String> tokens, Predicate<String> of) {
        var indices = new ArrayList<Integer>();
        for (int i = 0; i < tokens.size(); i++) {
            if (of.test(tokens.get(i))) {
                indices.add(i);
            }
        }
        return indices;
    }

    private static List<String> changed(String text, String mutant) {
        List<String> before = text.lines().toList();
        return mutant.lines().filter(line -> !before.contains(line)).toList();
    }
}
