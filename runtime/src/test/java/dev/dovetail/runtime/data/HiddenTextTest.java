package dev.dovetail.runtime.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.runtime.memory.ElementType;
import dev.dovetail.runtime.memory.HostMemory;
import dev.dovetail.runtime.random.RandomStream;
import dev.dovetail.runtime.rank.Given;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class HiddenTextTest {
    private static final int STAND = 300;
    private static final RandomStream RANDOM = new RandomStream(7, "hidden");

    private static int[] piece(int length) {
        return IntStream.range(0, length).map(i -> 'a' + i % 26).toArray();
    }

    /** Of many hidden bytes eight in ten are replaced, and half of the rest stay; what is not hidden is not touched. */
    @Test
    void hiddenBytesAreMostlyReplacedAndAloneAreToBeSaid() {
        var masking = new Hiding.Masking(64, 16, STAND);
        int[] piece = piece(64);
        int[] chosen = new int[64];
        int replaced = 0;
        int kept = 0;
        int samples = 400;
        for (int n = 0; n < samples; n++) {
            Exercise exercise = masking.exercise(piece, RANDOM, n);
            assertEquals(16, exercise.hidden().size());
            for (int i = 0; i < 64; i++) {
                boolean hidden = exercise.target(i) >= 0;
                chosen[i] += hidden ? 1 : 0;
                assertTrue(!hidden || exercise.target(i) == piece[i]);
                assertTrue(hidden || exercise.tokens()[i] == piece[i]);
                replaced += hidden && exercise.tokens()[i] == STAND ? 1 : 0;
                kept += hidden && exercise.tokens()[i] == piece[i] ? 1 : 0;
            }
        }
        assertEquals(0.8, replaced / (16.0 * samples), 0.02);
        assertEquals(0.1, kept / (16.0 * samples), 0.02);
        assertTrue(
                Arrays.stream(chosen).allMatch(times -> Math.abs(times - samples / 4) < 50), Arrays.toString(chosen));
    }

    /** What is read and what is said, put together, is the piece. */
    @Test
    void spansPutBackInTheirPlacesGiveTheText() {
        var hiding = new Hiding.SpanCorruption(40, 9, 3, STAND);
        int[] piece = piece(40);
        for (int n = 0; n < 50; n++) {
            Exercise exercise = hiding.exercise(piece, RANDOM, n);
            assertEquals(34, exercise.source().length);
            assertEquals(13, exercise.targets().length);
            assertEquals(STAND - 3, exercise.target(12));
            assertEquals(0, exercise.tokens()[0]);
            assertArrayEquals(Arrays.copyOf(exercise.targets(), 12), Arrays.copyOfRange(exercise.tokens(), 1, 13));
            int[] whole = Arrays.stream(exercise.source())
                    .flatMap(token -> token < 256 ? IntStream.of(token) : said(exercise, token))
                    .toArray();
            assertArrayEquals(piece, whole);
        }
    }

    private static IntStream said(Exercise exercise, int stand) {
        return Arrays.stream(exercise.targets())
                .dropWhile(token -> token != stand)
                .skip(1)
                .takeWhile(token -> token < 256);
    }

    /** Two ranks with half of the samples each are given what one rank is, and count as much. */
    @Test
    void whatIsHiddenDoesNotDependOnWhoHasASample() {
        byte[] text = new byte[4096];
        for (int i = 0; i < text.length; i++) {
            text[i] = (byte) ('a' + i * i % 23);
        }
        var data = new HiddenText(new Corpus("text", text, text, 1, 1), new Hiding.Masking(16, 3, STAND)).require(16);
        HiddenBatch whole = data.training(BatchShare.whole(4, 16), 1, 5);
        HiddenBatch half = data.training(new BatchShare(4, 16, 2, 2, 2), 1, 5);
        assertEquals(12, whole.countedTokens(0));
        assertEquals(6, half.countedTokens(0));
        for (int place = 0; place < 16; place++) {
            for (int sample = 0; sample < 2; sample++) {
                assertEquals(
                        token(whole, 4, place, sample + 2, Given.TOKENS), token(half, 2, place, sample, Given.TOKENS));
            }
        }
    }

    private static int token(HiddenBatch batch, int samples, int place, int sample, Given given) {
        try (HostMemory memory = HostMemory.of("tokens", 4L * 16 * samples)) {
            batch.load(given, 0, ElementType.I32, memory, 0);
            return memory.segment().get(ValueLayout.JAVA_INT, 4L * (place * samples + sample));
        }
    }

    @Test
    void aTextThatHasWhatStandsForTheHiddenIsRefused() {
        byte[] text = new byte[100];
        text[50] = (byte) 255;
        var hidden = new HiddenText(new Corpus("notes", text, text, 1, 1), new Hiding.Masking(16, 3, 255));
        var refused = assertThrows(DataException.class, () -> hidden.require(16));
        assertTrue(refused.getMessage().contains("notes has bytes of value 255"), refused.getMessage());
    }
}
