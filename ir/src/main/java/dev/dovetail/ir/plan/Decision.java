package dev.dovetail.ir.plan;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/**
 * A named choice with its type; the key under which a plan holds it. Techniques declare what values are legal.
 *
 * @param name as in {@code fix} and in {@code plan.json}
 * @param parse reads a value as the spec writes it; throws {@link IllegalArgumentException}
 * @param print writes it back
 */
public record Decision<T>(String name, Function<String, T> parse, Function<T, String> print) {

    public static final Decision<Integer> TENSOR = count("tensor");
    public static final Decision<Boolean> SEQUENCE =
            new Decision<>("sequence", Decision::onOrOff, on -> on ? "on" : "off");
    public static final Decision<Integer> PIPELINE = count("pipeline");
    public static final Decision<Integer> INTERLEAVE = count("interleave");
    public static final Decision<Integer> DATA = count("data");
    public static final Decision<Shard> SHARD = choice("shard", Shard.class);
    /** Sequences per micro-batch per data rank. */
    public static final Decision<Integer> MICROBATCH = count("microbatch");

    public static final Decision<Recompute> RECOMPUTE = choice("recompute", Recompute.class);
    public static final Decision<Schedule> SCHEDULE = choice("schedule", Schedule.class);
    /** Device core clock in MHz; 0 where the device lists no clocks. */
    public static final Decision<Integer> FREQUENCY = count("frequency");

    /** What is sharded over the data ranks: ZeRO stages 0 to 3. */
    public enum Shard {
        NONE,
        OPTIMIZER,
        GRADIENTS,
        PARAMETERS
    }

    /** Which activations are computed again in the backward pass. */
    public enum Recompute {
        NONE,
        /** The attention core alone (Korthikanti et al. 2022, arXiv:2205.05198). */
        SELECTIVE,
        /** Everything but each layer's input. */
        FULL
    }

    /** Order of forward and backward passes in a pipeline. */
    public enum Schedule {
        GPIPE("gpipe"),
        ONE_F_ONE_B("1f1b"),
        INTERLEAVED("interleaved");

        private final String spelling;

        Schedule(String spelling) {
            this.spelling = spelling;
        }

        @Override
        public String toString() {
            return spelling;
        }
    }

    /** Decisions are told apart by name. */
    @Override
    public boolean equals(Object other) {
        return other instanceof Decision<?> that && name.equals(that.name);
    }

    @Override
    public int hashCode() {
        return name.hashCode();
    }

    private static Decision<Integer> count(String name) {
        return new Decision<>(name, Decision::positive, Object::toString);
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

    private static boolean onOrOff(String text) {
        return switch (text) {
            case "on", "true" -> true;
            case "off", "false" -> false;
            default -> throw new IllegalArgumentException("expected `on` or `off`, found `" + text + "`");
        };
    }

    private static <E extends Enum<E>> Decision<E> choice(String name, Class<E> type) {
        return new Decision<>(name, text -> find(type, text), Decision::spelling);
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
