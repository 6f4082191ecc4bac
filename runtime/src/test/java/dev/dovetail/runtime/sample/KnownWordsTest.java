package dev.dovetail.runtime.sample;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.dovetail.runtime.data.ByteCountModel;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class KnownWordsTest {
    private static KnownWords.Share share(String known, String written) {
        return KnownWords.of(known.getBytes(StandardCharsets.UTF_8)).in(written);
    }

    @Test
    void wordsCountAsOftenAsTheyStandThere() {
        assertEquals(new KnownWords.Share(5, 3), share("public int size()", "public int publik; int siz()"));
    }

    @Test
    void aWordIsKnownWholeAndAsItIsSpelled() {
        assertEquals(new KnownWords.Share(3, 0), share("hashCode", "hash Code hashcode "));
        assertEquals(new KnownWords.Share(2, 2), share("MAX_VALUE $proxy1", "MAX_VALUE,$proxy1;"));
    }

    @Test
    void numbersHoldNoWords() {
        assertEquals(new KnownWords.Share(0, 0), share("x1F L", "0x1F 15L 3. "));
    }

    @Test
    void theLastWordMayBeCutOffAndDoesNotCount() {
        assertEquals(new KnownWords.Share(1, 1), share("return value", "return val"));
        assertEquals(new KnownWords.Share(2, 2), share("return value", "return value;"));
    }

    /** After `a` always comes `b`, after `ab` always `c`: counts of one byte less would go on otherwise. */
    @Test
    void triplesWriteWhatTheyCounted() {
        byte[] text = "abcbbcbbc".repeat(50).getBytes(StandardCharsets.UTF_8);
        var decoder = new CountingDecoder(ByteCountModel.train(text, 2));
        var written = new StringBuilder();
        new Generation(decoder, new Choice.Greedy()).run(new int[] {'b', 'c'}, 7, t -> written.append((char) t));
        assertEquals("bbcbbcb", written.toString());
    }
}
