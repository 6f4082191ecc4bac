package dev.dovetail.runtime.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.dovetail.runtime.memory.ElementType;
import dev.dovetail.runtime.memory.HostMemory;
import dev.dovetail.runtime.rank.Given;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataTest {
    @TempDir
    private Path folder;

    @Test
    void theRunningJdksSourceIsReadAndSplit() {
        JdkSource source = JdkSource.ofRunningJdk();
        assumeTrue(Files.exists(source.archive()), "this JDK carries no lib/src.zip");
        Corpus corpus = source.read();
        assertTrue(corpus.training().length > 20_000_000, "training bytes " + corpus.training().length);
        double share = corpus.heldOutDocuments() / (double) (corpus.heldOutDocuments() + corpus.trainingDocuments());
        assertEquals(0.05, share, 0.015);
        assertTrue(new String(corpus.heldOut(), StandardCharsets.UTF_8).contains("public static"));
    }

    @Test
    void onlyJavaFilesOfTheBaseModuleAreTaken() throws IOException {
        Path zip = folder.resolve("src.zip");
        try (OutputStream file = Files.newOutputStream(zip);
                ZipOutputStream out = new ZipOutputStream(file)) {
            for (int i = 0; i < 100; i++) {
                put(out, "java.base/java/lang/A" + i + ".java", "class A {}");
            }
            put(out, "java.base/readme.txt", "not java");
            put(out, "java.desktop/B.java", "class B {}");
        }
        Corpus corpus = new JdkSource(zip).read();
        assertEquals(100, corpus.trainingDocuments() + corpus.heldOutDocuments());
        assertEquals(1000, corpus.training().length + corpus.heldOut().length);
    }

    private static void put(ZipOutputStream out, String name, String text) throws IOException {
        out.putNextEntry(new ZipEntry(name));
        out.write(text.getBytes(StandardCharsets.UTF_8));
        out.closeEntry();
    }

    @Test
    void aJdkWithoutSourceSaysWhatToDo() {
        DataException failure =
                assertThrows(DataException.class, () -> new JdkSource(folder.resolve("lib/src.zip")).read());
        assertTrue(failure.getMessage().contains("src.zip` is missing"), failure.getMessage());
        assertTrue(failure.help().contains("data file \""), failure.help());
    }

    @Test
    void aBrokenArchiveSaysSo() throws IOException {
        Path zip = Files.writeString(folder.resolve("src.zip"), "no zip at all");
        DataException failure = assertThrows(DataException.class, () -> new JdkSource(zip).read());
        assertTrue(failure.getMessage().contains("cannot be read"), failure.getMessage());
    }

    @Test
    void whetherAFileIsHeldOutDependsOnItsPathAlone() {
        long held = IntStream.range(0, 20_000)
                .filter(i -> Corpus.isHeldOut("java.base/java/util/Some" + i + ".java"))
                .count();
        assertEquals(1000, held, 150);
        assertEquals(Corpus.isHeldOut("a/B.java"), Corpus.isHeldOut("a/B.java"));
    }

    @Test
    void aFileLosesNoByteToTheSplit() throws IOException {
        byte[] bytes = new byte[300_000];
        new SplittableRandom(4).nextBytes(bytes);
        Corpus corpus = new TextFile(Files.write(folder.resolve("bytes"), bytes)).read();
        assertEquals(bytes.length, corpus.training().length + corpus.heldOut().length);
        assertEquals(0.05, corpus.heldOut().length / (double) bytes.length, 0.03);
    }

    @Test
    void eachLineOfAJsonlFileIsADocument() throws IOException {
        var lines = IntStream.range(0, 400)
                .mapToObj(i -> "{\"id\": " + i + ", \"text\": \"caf\\u00e9\\n" + i % 10 + "\"}")
                .collect(Collectors.joining("\n"));
        Corpus corpus = new TextFile(Files.writeString(folder.resolve("texts.jsonl"), lines + "\n\n")).read();
        // Five bytes of a word with an accent, a break and a digit, and the break behind it.
        assertEquals(400 * 8, corpus.training().length + corpus.heldOut().length);
        assertEquals(0, corpus.heldOut().length % 8);
        assertTrue(new String(corpus.training(), StandardCharsets.UTF_8).startsWith("caf\u00e9\n"));

        Path wrong = Files.writeString(folder.resolve("wrong.jsonl"), "{\"text\": \"a\"}\n{\"body\": \"b\"}\n");
        DataException missing = assertThrows(DataException.class, () -> new TextFile(wrong).read());
        assertTrue(missing.getMessage().startsWith("line 2 of the data file"), missing.getMessage());
        Path broken = Files.writeString(folder.resolve("broken.jsonl"), "once upon a time\n");
        assertThrows(DataException.class, () -> new TextFile(broken).read());
    }

    @Test
    void unusableFilesAreNamed() throws IOException {
        DataException missing =
                assertThrows(DataException.class, () -> new TextFile(folder.resolve("none.txt")).read());
        assertTrue(missing.getMessage().contains("none.txt` does not exist"), missing.getMessage());
        DataException directory = assertThrows(DataException.class, () -> new TextFile(folder).read());
        assertTrue(directory.getMessage().contains("is a folder"), directory.getMessage());
        Corpus small = new TextFile(Files.writeString(folder.resolve("small.txt"), "short")).read();
        DataException tooShort = assertThrows(DataException.class, () -> small.require(128));
        assertTrue(tooShort.getMessage().contains("one window of this model takes 129"), tooShort.getMessage());
    }

    @Test
    void aSampleIsAFunctionOfSeedStepAndIndex() {
        byte[] text = new byte[100_000];
        new SplittableRandom(1).nextBytes(text);
        Windows once = Windows.random(text, 16, 7, 3, 32);
        Windows again = Windows.random(text, 16, 7, 3, 32);
        Windows otherStep = Windows.random(text, 16, 7, 4, 32);
        Windows otherSeed = Windows.random(text, 16, 8, 3, 32);
        assertEquals(once.starts().applyAsLong(5), again.starts().applyAsLong(5));
        assertFalse(once.starts().applyAsLong(5) == otherStep.starts().applyAsLong(5));
        assertFalse(once.starts().applyAsLong(5) == otherSeed.starts().applyAsLong(5));
        assertFalse(once.starts().applyAsLong(5) == once.starts().applyAsLong(6));
    }

    @Test
    void windowsStayInsideTheTextAndReachBothEnds() {
        byte[] text = new byte[20];
        boolean[] seen = new boolean[20];
        Windows windows = Windows.random(text, 16, 0, 0, 1000);
        for (long i = 0; i < 1000; i++) {
            long start = windows.starts().applyAsLong(i);
            assertTrue(start >= 0 && start + 16 < 20, "start " + start);
            seen[(int) start] = true;
        }
        assertTrue(seen[0] && seen[3]);
        Windows even = Windows.even(text, 16, 4);
        assertArrayEquals(
                new long[] {0, 1, 2, 3},
                IntStream.range(0, 4)
                        .mapToLong(i -> even.starts().applyAsLong(i))
                        .toArray());
    }

    @Test
    void sharesOfABatchAreTheBatch() {
        byte[] text = new byte[5000];
        new SplittableRandom(2).nextBytes(text);
        Windows windows = Windows.random(text, 8, 1, 9, 6);
        try (HostMemory host = HostMemory.of("tokens", 1024)) {
            MemorySegment memory = host.segment();
            // Second of two data ranks, micro-batches of two sequences: the first holds sequences 3 and 4 of the batch.
            WindowBatch share = new WindowBatch(windows, new BatchShare(6, 8, 3, 4, 2));
            share.load(Given.TOKENS, 0, ElementType.I32, host, 0);
            share.load(Given.TARGETS, 0, ElementType.I32, host, 512);
            assertEquals(16, share.countedTokens(0));
            for (int i = 0; i < 8; i++) {
                for (int s = 0; s < 2; s++) {
                    long element = 4L * (2 * i + s);
                    assertEquals(windows.token(3 + s, i), memory.get(ValueLayout.JAVA_INT, element));
                    assertEquals(windows.token(3 + s, i + 1), memory.get(ValueLayout.JAVA_INT, 512 + element));
                }
            }
        }
    }

    @Test
    void whatLiesBehindTheEndOfATextDoesNotCount() {
        byte[] text = {5, 6, 7, 8, 9};
        Windows windows = new Windows(text, 4, i -> 0);
        try (HostMemory host = HostMemory.of("tokens", 64)) {
            new WindowBatch(windows, BatchShare.whole(1, 4)).loadAhead(Given.TARGETS, 1, 0, ElementType.I32, host, 0);
            int[] further = new int[4];
            for (int i = 0; i < further.length; i++) {
                further[i] = host.segment().get(ValueLayout.JAVA_INT, 4L * i);
            }
            assertArrayEquals(new int[] {7, 8, 9, -1}, further);
        }
    }

    @Test
    void whatASmallerShareLacksIsPaddingThatDoesNotCount() {
        byte[] text = new byte[500];
        Arrays.fill(text, (byte) 7);
        WindowBatch share = new WindowBatch(Windows.random(text, 8, 1, 9, 5), new BatchShare(5, 8, 2, 3, 2));
        try (HostMemory host = HostMemory.of("tokens", 128)) {
            MemorySegment memory = host.segment();
            share.load(Given.TOKENS, 1, ElementType.I32, host, 0);
            share.load(Given.TARGETS, 1, ElementType.I32, host, 64);
            assertEquals(8, share.countedTokens(1));
            assertEquals(0, share.countedTokens(2));
            for (int i = 0; i < 8; i++) {
                assertEquals(7, memory.get(ValueLayout.JAVA_INT, 64 + 8L * i));
                assertEquals(0, memory.get(ValueLayout.JAVA_INT, 8L * i + 4));
                assertEquals(-1, memory.get(ValueLayout.JAVA_INT, 64 + 8L * i + 4));
            }
        }
    }

    @Test
    void byteCountsFindTheEntropyOfASourceTheyCanKnow() {
        // Each byte follows from the two before it and one fair coin: 1 bit per byte for order 2.
        SplittableRandom random = new SplittableRandom(6);
        byte[] text = new byte[400_000];
        for (int i = 2; i < text.length; i++) {
            text[i] = (byte) ((text[i - 1] * 7 + text[i - 2] * 3 + random.nextInt(2)) & 63);
        }
        ByteCountModel model = ByteCountModel.train(text, 2);
        Windows windows = Windows.even(text, 128, 64);
        double order2 = model.bitsPerByte(windows, 64, 2);
        double order1 = model.bitsPerByte(windows, 64, 1);
        double order0 = model.bitsPerByte(windows, 64, 0);
        assertEquals(1, order2, 0.25);
        assertTrue(order1 > 4 && order0 > order1 - 0.1, order0 + " " + order1 + " " + order2);
    }

    @Test
    void byteCountProbabilitiesAddUpToOne() {
        ByteCountModel model = ByteCountModel.train("abracadabra, abracadabra".getBytes(StandardCharsets.UTF_8), 2);
        for (int context : new int[] {0, 'a', 'a' << 8 | 'b', 'z' << 8 | 'z'}) {
            for (int used = 0; used <= 2; used++) {
                double total = 0;
                for (int next = 0; next < 256; next++) {
                    double p = model.probability(context, used, next);
                    assertTrue(p > 0);
                    total += p;
                }
                assertEquals(1, total, 1e-12);
            }
        }
    }
}
