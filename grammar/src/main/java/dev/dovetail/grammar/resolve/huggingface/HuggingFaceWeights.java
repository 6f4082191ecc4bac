package dev.dovetail.grammar.resolve.huggingface;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What the library calls the parameters of a family's models.
 *
 * @param names by our own name, layers counted by {@code *} in both
 * @param prefixes that its names have in some files
 */
public record HuggingFaceWeights(Map<String, String> names, List<String> prefixes) {
    private static final Pattern COUNTED = Pattern.compile("\\.(\\d+)\\.");
    private static final Pattern TAP = Pattern.compile("(.*)_(\\d+)");

    /** In the place of the number that counts weights of a convolution. */
    private static final String ANY_TAP = "_@";

    private static final Pattern CONDITION = Pattern.compile(" if (\\w+)");

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
     * @param flat whether it is one row there, however many dims ours has
     * @param part which of the equal parts that lie side by side along the outputs
     * @param parts how many those are
     * @param beside our parameters that lie side by side along the outputs there, in their order and as wide as they are; else none
     * @param inEachHead whether those beside it lie beside it within each head
     * @param rotary our parameter as wide as the rotary elements of a head, which are neighbours in pairs there, behind the others;
     *     ours are first, in halves; empty where elements are in our order
     * @param tap which weight of a short convolution it is, counted from the newest position; theirs are from the oldest; else -1
     */
    public record Stored(
            String name,
            boolean turned,
            boolean flat,
            int part,
            int parts,
            List<String> beside,
            boolean inEachHead,
            Optional<String> rotary,
            int tap) {
        private static final String EXPERT = "#";

        public Stored {
            beside = List.copyOf(beside);
        }

        /** Whether each expert has a tensor of its own. */
        public boolean isApart() {
            return name.contains(EXPERT);
        }

        /** That of one expert. */
        public Stored ofExpert(long expert) {
            String its = name.replace(EXPERT, Long.toString(expert));
            return new Stored(its, turned, flat, part, parts, beside, inEachHead, rotary, tap);
        }
    }

    /** Empty where nobody has said what the family's weights are called. */
    public static Optional<HuggingFaceWeights> of(String modelType) {
        return FamilyCatalog.shipped().weights(modelType);
    }

    /**
     * Where our parameter {@code layers.3.attention.q} is; empty where the family has no such.
     *
     * @param all names of the model's parameters, since some tensors are called by whether there is another
     */
    public Optional<Stored> find(String ours, Set<String> all) {
        Matcher counted = COUNTED.matcher(ours);
        String layer = counted.find() ? counted.group(1) : "";
        String pattern = layer.isEmpty() ? ours : counted.replaceFirst(".*.");
        Matcher tap = TAP.matcher(pattern);
        if (names.containsKey(pattern)) {
            String prefix = ours.substring(0, ours.lastIndexOf('.') + 1);
            return Stream.of(names.get(pattern).split(" or "))
                    .filter(said -> CONDITION
                            .matcher(said)
                            .results()
                            .allMatch(condition -> all.contains(prefix + condition.group(1))))
                    .findFirst()
                    .map(said -> stored(CONDITION.matcher(said).replaceAll("").replace("*", layer), ours, ""));
        }
        return tap.matches()
                ? Optional.ofNullable(names.get(tap.group(1) + ANY_TAP))
                        .map(said -> stored(said.replace("*", layer), ours, tap.group(2)))
                : Optional.empty();
    }

    /** @param tap the number behind our parameter's name, where it is a weight of a convolution */
    private static Stored stored(String said, String ours, String tap) {
        List<String> words = new ArrayList<>(List.of(said.split(" ")));
        String name = words.removeFirst();
        boolean turned = words.remove("T");
        boolean flat = words.remove("flat");
        boolean inEachHead = words.remove("each");
        int pairs = words.indexOf("pairs");
        String prefix = ours.substring(0, ours.lastIndexOf('.') + 1);
        String suffix = tap.isEmpty() ? "" : "_" + tap;
        int of = words.indexOf("of");
        List<String> beside = of < 0
                ? List.of()
                : Stream.of(words.get(of + 1).split(","))
                        .map(own -> prefix + own + suffix)
                        .toList();
        Matcher part = PART.matcher(String.join(" ", words));
        boolean equal = part.matches();
        return new Stored(
                name,
                turned,
                flat,
                equal ? Integer.parseInt(part.group(1)) : 0,
                equal ? Integer.parseInt(part.group(2)) : 1,
                beside,
                inEachHead,
                pairs < 0 ? Optional.empty() : Optional.of(prefix + words.get(pairs + 1)),
                tap.isEmpty() ? -1 : Integer.parseInt(tap));
    }
}
