package dev.dovetail.grammar.resolve.huggingface;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the library calls the parameters of a family's models.
 *
 * @param names by our own name, layers counted by {@code *} in both
 * @param prefixes that its names have in some files
 */
public record HuggingFaceWeights(Map<String, String> names, List<String> prefixes) {
    private static final Pattern COUNTED = Pattern.compile("\\.(\\d+)\\.");
    private static final Pattern PART = Pattern.compile("(\\d+)/(\\d+)");

    public HuggingFaceWeights {
        names = Map.copyOf(names);
        prefixes = List.copyOf(prefixes);
    }

    /**
     * A parameter in the library's files.
     *
     * @param name of the tensor; with {@code #} in the place of an expert's number where each has one of its own
     * @param turned whether it lies there the other way round: outputs, then inputs
     * @param part which of the parts that lie side by side along the outputs
     * @param parts how many those are
     */
    public record Stored(String name, boolean turned, int part, int parts) {
        private static final String EXPERT = "#";

        /** Whether each expert has a tensor of its own. */
        public boolean isApart() {
            return name.contains(EXPERT);
        }

        /** That of one expert. */
        public Stored ofExpert(long expert) {
            return new Stored(name.replace(EXPERT, Long.toString(expert)), turned, part, parts);
        }
    }

    /** Empty where nobody has said what the family's weights are called. */
    public static Optional<HuggingFaceWeights> of(String modelType) {
        return FamilyCatalog.shipped().weights(modelType);
    }

    /** Where our parameter {@code layers.3.attention.q} is; empty where the family has no such. */
    public Optional<Stored> find(String ours) {
        Matcher counted = COUNTED.matcher(ours);
        String layer = counted.find() ? counted.group(1) : "";
        String pattern = layer.isEmpty() ? ours : counted.replaceFirst(".*.");
        return Optional.ofNullable(names.get(pattern)).map(said -> stored(said.replace("*", layer)));
    }

    private static Stored stored(String said) {
        List<String> words = new ArrayList<>(List.of(said.split(" ")));
        String name = words.removeFirst();
        boolean turned = words.remove("T");
        Matcher part = PART.matcher(String.join(" ", words));
        return part.matches()
                ? new Stored(name, turned, Integer.parseInt(part.group(1)), Integer.parseInt(part.group(2)))
                : new Stored(name, turned, 0, 1);
    }
}
