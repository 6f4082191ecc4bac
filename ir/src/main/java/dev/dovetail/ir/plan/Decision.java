package dev.dovetail.ir.plan;

import dev.dovetail.ir.job.ProductFormats;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * A named choice with its type; the key under which a plan holds it. Techniques declare what values are legal.
 *
 * @param name as in {@code fix} and in {@code plan.json}
 * @param parse reads a value as the spec writes it; throws {@link IllegalArgumentException}
 * @param print writes it back
 * @param listed every value there is, in the order of what they do; empty where they are numbers or lists
 */
public record Decision<T>(String name, Function<String, T> parse, Function<T, String> print, List<T> listed) {

    public Decision {
        listed = List.copyOf(listed);
    }

    public Decision(String name, Function<String, T> parse, Function<T, String> print) {
        this(name, parse, print, List.of());
    }

    public static final Decision<Integer> TENSOR = count("tensor");
    public static final Decision<Boolean> SEQUENCE =
            new Decision<>("sequence", Decision::onOrOff, on -> on ? "on" : "off", List.of(false, true));
    public static final Decision<Integer> PIPELINE = count("pipeline");
    public static final Decision<Integer> INTERLEAVE = count("interleave");
    /** Ranks that share each sequence. */
    public static final Decision<Integer> CONTEXT = count("context");
    /** What those ranks exchange for attention. */
    public static final Decision<ContextExchange> CONTEXT_EXCHANGE = choice("context_exchange", ContextExchange.class);
    /** Neighbours along the data axis that share the experts of each layer. */
    public static final Decision<Integer> EXPERT = count("expert");
    /** Tensor ranks that share each expert; 1 where each of them has experts of its own. */
    public static final Decision<Integer> EXPERT_TENSOR = count("expert_tensor");
    /** Replicas that share each expert. */
    public static final Decision<Integer> EXPERT_SHARD = count("expert_shard");
    /** Of those, how many each token is sent to; 0 where no token is sent anywhere and all experts are gathered. */
    public static final Decision<Integer> EXPERT_SEND = countOrNone("expert_send");

    /** Stretches of each expert's queue that travel and are worked on in turns. */
    public static final Decision<Integer> OVERLAP = count("overlap");

    public static final Decision<Integer> DATA = count("data");
    private static final int LISTED = 8;

    /** Layers of each virtual stage in the order of the model, embedding and head not counted. */
    public static final Decision<List<Integer>> STAGES =
            new Decision<>("stages", text -> items(text, "[6, 6, 5]", Decision::count), Decision::counts);

    /** The nodes that each stage runs on, as the cluster lists their kinds: 1 for the first. */
    public static final Decision<List<Integer>> NODES =
            new Decision<>("nodes", text -> items(text, "[4 x 1, 2 x 2]", Decision::count), Decision::counts);

    public static final Decision<Shard> SHARD = choice("shard", Shard.class);
    /** Neighbouring data ranks that spread what is sharded among themselves; every such group keeps all of it. */
    public static final Decision<Integer> SHARD_GROUP = count("shard_group");
    /** Sequences per micro-batch per data rank. */
    public static final Decision<Integer> MICROBATCH = count("microbatch");

    public static final Decision<Recomputation> RECOMPUTE =
            new Decision<>("recompute", Decision::recomputation, Decision::recomputation);

    public static final Decision<Schedule> SCHEDULE = choice("schedule", Schedule.class);
    /** What waits beside the device's memory. */
    public static final Decision<Offload> OFFLOAD = new Decision<>("offload", Offload::parse, Offload::toString);
    /** Where it waits. */
    public static final Decision<Tier> OFFLOAD_TO = choice("offload_to", Tier.class);
    /** Device core clock in MHz; 0 where the device lists no clocks. */
    public static final Decision<Integer> FREQUENCY = count("frequency");

    /** What linear layers multiply in, where a spec allows several formats. */
    public static final Decision<ProductFormats> MATMUL = new Decision<>(
            "matmul",
            text -> ProductFormats.parse(text.replaceAll("[\\[\\]]", "")),
            formats -> formats.differ() ? "[" + formats + "]" : formats.toString());

    /** Who makes samples ready. */
    public static final Decision<Prepare> PREPARE = choice("prepare", Prepare.class);
    /** Helpers in use. */
    public static final Decision<Integer> PREPARE_HELPERS = countOrNone("prepare_helpers");
    /** How many of the steps of a preparation are done away from the workers; they do the rest. */
    public static final Decision<Integer> PREPARE_STEPS = countOrNone("prepare_steps");
    /** Of all samples, how many that is done to, in percent. */
    public static final Decision<Integer> PREPARE_SHARE = countOrNone("prepare_share");

    /** What is sharded over the data ranks: ZeRO stages 0 to 3. */
    public enum Shard {
        NONE,
        OPTIMIZER,
        GRADIENTS,
        PARAMETERS
    }

    /** How ranks that share a sequence come to what attention reads. */
    public enum ContextExchange {
        /** Each gathers keys and values of all positions for its own queries, a stretch of the sequence. */
        GATHER,
        /** The same for an early and a late stretch, so that under a causal mask all have as much to look back on. */
        ZIGZAG,
        /** Each gives its stretch of most heads for all positions of some. */
        ALL_TO_ALL
    }

    /** Memory that a device reaches beside its own. */
    public enum Tier {
        /** Of the node's processors. */
        HOST,
        /** The node's drives. */
        STORAGE
    }

    /** Where samples are made ready for a model. */
    public enum Prepare {
        /** On a core of each replica, which its step waits for. */
        IN_STEP,
        /** On the other cores of the workers, beside the step before. */
        WORKER,
        /** Some on machines that do nothing else, the rest as before. */
        HELPERS,
        /** Some on the machines that they lie on. */
        STORAGE;

        /** Whether some samples are prepared away from the workers. */
        public boolean away() {
            return this == HELPERS || this == STORAGE;
        }
    }

    /** Which activations are computed again in the backward pass. */
    public enum Recompute {
        NONE,
        /**
         * The attention core alone (Korthikanti et al. 2022, arXiv:2205.05198); where queries and keys come from latents, what is
         * projected up from those instead, which is many times as much (Megatron-Core's {@code mla_up_proj}).
         */
        SELECTIVE,
        /** All but the attention core's outputs and every second product's (torchtitan's selective mode). */
        ALTERNATE,
        /** Everything but each layer's input. */
        FULL;

        /** What the solver chooses from, the least work first; others are for plans that state them. */
        public static final List<Recompute> SOLVED = List.of(NONE, SELECTIVE, FULL);
    }

    /** Order of forward and backward passes in a pipeline. */
    public enum Schedule {
        GPIPE("gpipe"),
        ONE_F_ONE_B("1f1b"),
        INTERLEAVED("interleaved"),
        /** Zero bubble, with as many micro-batches alive on every stage as 1F1B has on the first. */
        ZB_H1("zb_h1"),
        /** Zero bubble, with nearly twice as many. */
        ZB_H2("zb_h2"),
        /** Zero bubble over two chunks a rank in the shape of a V, with as much alive as 1F1B has on the first. */
        ZB_V("zb_v"),
        /** DualPipe with two chunks a rank in the shape of a V: forward beside backward passes, each weight kept once. */
        DUALPIPE_V("dualpipe_v");

        private final String spelling;

        Schedule(String spelling) {
            this.spelling = spelling;
        }

        /** Whether gradients of weights wait for a pass of their own. */
        public boolean splitsBackward() {
            return this == ZB_H1 || this == ZB_H2 || isV();
        }

        /** Whether a rank's second chunk is passed on the way back from the last rank to the first. */
        public boolean isV() {
            return this == ZB_V || this == DUALPIPE_V;
        }

        @Override
        public String toString() {
            return spelling;
        }
    }

    /** Decisions are told apart by name. */
    @Override
    public boolean equals(Object other) {
        return this == other || other instanceof Decision<?> that && name.equals(that.name);
    }

    @Override
    public int hashCode() {
        return name.hashCode();
    }

    private static Decision<Integer> count(String name) {
        return new Decision<>(name, Decision::positive, Object::toString);
    }

    private static Decision<Integer> countOrNone(String name) {
        return new Decision<>(name, text -> text.equals("0") ? 0 : positive(text), Object::toString);
    }

    private static int positive(String text) {
        int value;
        try {
            value = Integer.parseInt(text);
        } catch (NumberFormatException notANumber) {
            throw new IllegalArgumentException("expected a whole number, found `" + text + "`", notANumber);
        }
        if (value < 1) {
            throw new IllegalArgumentException("expected a positive number, found " + text);
        }
        return value;
    }

    private static Integer count(String text, String expected) {
        if (!text.matches("\\d{1,6}")) {
            throw new IllegalArgumentException(expected);
        }
        return Integer.valueOf(text);
    }

    /** {@code [6, 6, 5]} or {@code [2 x 6, 5]}. */
    private static <T> List<T> items(String text, String example, BiFunction<String, String, T> read) {
        String expected = "expected a list such as `" + example + "`, found `" + text + "`";
        if (!text.matches("\\[[^\\[\\]]+]")) {
            throw new IllegalArgumentException(expected);
        }
        var items = new ArrayList<T>();
        for (String item : text.substring(1, text.length() - 1).split(", ", -1)) {
            String[] words = item.split(" x ", 2);
            int times = words.length == 1 ? 1 : count(words[0], expected);
            items.addAll(Collections.nCopies(times, read.apply(words[words.length - 1], expected)));
        }
        if (items.isEmpty()) {
            throw new IllegalArgumentException(expected);
        }
        return items;
    }

    /** The shorter way to write it: up to {@link #LISTED} numbers one by one, more in runs of equal ones. */
    private static String counts(List<Integer> counts) {
        return counts.size() <= LISTED ? counts.toString() : runs(counts, Object::toString);
    }

    private static <T> String runs(List<T> items, Function<T, String> print) {
        var runs = new ArrayList<String>();
        for (int from = 0, to; from < items.size(); from = to) {
            for (to = from + 1; to < items.size() && items.get(to).equals(items.get(from)); ) {
                to++;
            }
            runs.add((to - from > 1 ? to - from + " x " : "") + print.apply(items.get(from)));
        }
        return runs.toString();
    }

    /** {@code selective} or {@code [4 x full, 20 x none]}. */
    private static Recomputation recomputation(String text) {
        return text.startsWith("[")
                ? new Recomputation(
                        items(text, "[4 x full, 20 x none]", (word, expected) -> find(Recompute.class, word)))
                : Recomputation.of(find(Recompute.class, text));
    }

    private static String recomputation(Recomputation value) {
        return value.layers().size() == 1
                ? spelling(value.layers().getFirst())
                : runs(value.layers(), Decision::spelling);
    }

    private static boolean onOrOff(String text) {
        return switch (text) {
            case "on", "true" -> true;
            case "off", "false" -> false;
            default -> throw new IllegalArgumentException("expected `on` or `off`, found `" + text + "`");
        };
    }

    private static <E extends Enum<E>> Decision<E> choice(String name, Class<E> type) {
        return new Decision<>(
                name, text -> find(type, text), Decision::spelling, Arrays.asList(type.getEnumConstants()));
    }

    private static <E extends Enum<E>> E find(Class<E> type, String text) {
        List<E> values = Arrays.asList(type.getEnumConstants());
        return values.stream()
                .filter(value -> spelling(value).equals(text))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("expected one of "
                        + values.stream().map(Decision::spelling).toList() + ", found `" + text + "`"));
    }

    private static String spelling(Enum<?> value) {
        return value.toString().toLowerCase(Locale.ROOT);
    }
}
