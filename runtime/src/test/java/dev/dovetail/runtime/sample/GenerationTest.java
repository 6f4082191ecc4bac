package dev.dovetail.runtime.sample;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class GenerationTest {
    /** Always wants the token after the last one it read; remembers what it was given. */
    private static final class Counter implements Decoder {
        private final int limit;
        private final List<List<Integer>> reads = new ArrayList<>();
        private int held;
        private int last;

        Counter(int limit) {
            this.limit = limit;
        }

        @Override
        public int vocabulary() {
            return 10;
        }

        @Override
        public int contextLimit() {
            return limit;
        }

        @Override
        public void reset() {
            held = 0;
        }

        @Override
        public void read(int[] tokens, double[] logits) {
            reads.add(Arrays.stream(tokens).boxed().toList());
            held += tokens.length;
            assertTrue(held <= limit, "the cache overflows");
            last = tokens[tokens.length - 1];
            Arrays.fill(logits, 0);
            logits[(last + 1) % 10] = 5;
        }
    }

    private static List<Integer> generate(Decoder decoder, Choice choice, int count, int... prompt) {
        List<Integer> out = new ArrayList<>();
        new Generation(decoder, choice).run(prompt, count, out::add);
        return out;
    }

    @Test
    void thePromptIsReadAtOnceAndThenTokenByToken() {
        Counter counter = new Counter(100);
        assertEquals(List.of(4, 5, 6), generate(counter, new Choice.Greedy(), 3, 1, 2, 3));
        assertEquals(List.of(List.of(1, 2, 3), List.of(4), List.of(5)), counter.reads);
    }

    @Test
    void aFullContextGoesOnFromItsLastHalf() {
        Counter counter = new Counter(4);
        assertEquals(List.of(3, 4, 5, 6, 7, 8, 9), generate(counter, new Choice.Greedy(), 7, 1, 2));
        assertEquals(List.of(4, 5), counter.reads.get(3));
    }

    @Test
    void aPromptLongerThanTheContextIsCut() {
        Counter counter = new Counter(4);
        assertEquals(List.of(7), generate(counter, new Choice.Greedy(), 1, 0, 1, 2, 3, 4, 5, 6));
        assertEquals(List.of(List.of(5, 6)), counter.reads);
    }

    @Test
    void anEmptyPromptIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> generate(new Counter(4), new Choice.Greedy(), 1));
    }

    @Test
    void theSameSeedGivesTheSameText() {
        Choice choice = new Choice.Weighted(2, 10, 3);
        List<Integer> text = generate(new Counter(100), choice, 50, 0);
        assertEquals(text, generate(new Counter(100), choice, 50, 0));
        assertTrue(!text.equals(generate(new Counter(100), new Choice.Weighted(2, 10, 4), 50, 0)));
    }

    @Test
    void tokensArePickedAsOftenAsTheirWeights() {
        double[] logits = {Math.log(6), Math.log(3), Math.log(1)};
        int[] picked = count(logits, new Choice.Weighted(1, 3, 0));
        assertEquals(6000, picked[0], 200);
        assertEquals(3000, picked[1], 200);
        assertEquals(1000, picked[2], 150);
    }

    @Test
    void aLowTemperatureSharpensAndTopKCuts() {
        double[] logits = {Math.log(6), Math.log(3), Math.log(1)};
        int[] sharp = count(logits, new Choice.Weighted(0.5, 3, 0));
        assertEquals(10_000 * 36 / 46.0, sharp[0], 200);
        int[] cut = count(logits, new Choice.Weighted(1, 2, 0));
        assertEquals(0, cut[2]);
        assertEquals(10_000 * 6 / 9.0, cut[0], 200);
        assertEquals(10_000, count(logits, new Choice.Weighted(1, 1, 0))[0]);
    }

    private static int[] count(double[] logits, Choice choice) {
        int[] picked = new int[logits.length];
        for (int i = 0; i < 10_000; i++) {
            picked[choice.pick(logits, i)]++;
        }
        return picked;
    }
}
