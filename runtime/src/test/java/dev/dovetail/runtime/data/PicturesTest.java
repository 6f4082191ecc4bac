package dev.dovetail.runtime.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.dovetail.runtime.memory.ElementType;
import dev.dovetail.runtime.memory.HostMemory;
import dev.dovetail.runtime.mesh.Stretches;
import dev.dovetail.runtime.rank.Given;
import dev.dovetail.runtime.rank.StepInputs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PicturesTest {
    private static final PictureShape SHAPE = new PictureShape(4, 1, 2, 3, 8);

    @TempDir
    private Path folder;

    private static NoisedPictures pictures(Noising noising) {
        var random = new SplittableRandom(5);
        float[] values = new float[200 * SHAPE.elements()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (2 * random.nextDouble() - 1);
        }
        int[] classes = IntStream.range(0, 200).map(i -> i % 3).toArray();
        return NoisedPictures.of(new Pictures("made up", SHAPE.elements(), values, classes), SHAPE, noising);
    }

    private static double[] load(StepInputs.Batch batch, Given given, int microbatch, int count) {
        try (HostMemory memory = HostMemory.of("batch", 8L * count)) {
            batch.load(given, microbatch, ElementType.F64, memory, 0);
            return IntStream.range(0, count)
                    .mapToDouble(i -> ElementType.F64.number(memory.segment(), i))
                    .toArray();
        }
    }

    @Test
    void digitsAreReadAndScaled() {
        PictureFile file = PictureFile.digits(64, 10);
        assumeTrue(Files.exists(file.file()), "no scikit-learn is installed here: " + file.file());
        Pictures all = file.read();
        assertEquals(1797, all.count());
        assertEquals(1797, all.training().count() + all.heldOut().count());
        assertTrue(all.heldOut().count() > 50);
        assertEquals(0, all.classes()[0]);
        assertEquals(-1, all.value(0, 0));
        assertEquals(2 * 13 / 16.0 - 1, all.value(0, 3), 1e-7);
    }

    @Test
    void whatIsWrongInAFileIsTold() throws IOException {
        assertTold("", "are none");
        assertTold("1,2,3,4,0\n1,2,3,0\n", "line 2, has 4 numbers, and a picture of this model has 4 and a class");
        assertTold("1,2,3,4,0\n\n1,nan,3,4,1\n", "line 3, column 2: `nan` is no number");
        assertTold("1,2,3,x,0\n", "line 1, column 4: `x` is no number");
        assertTold("1,2,3,4,3\n", "line 1, column 5: there is no class `3`");
        assertTold("1,2,3,4,0.5\n", "column 5: there is no class `0.5`");
        assertTold("5,5,5,5,0\n", "are all alike");
        assertTrue(message(PictureFile.of(folder, 4, 3)).contains("is a folder"));
        assertTrue(message(PictureFile.of(folder.resolve("none.csv"), 4, 3)).contains("does not exist"));
        Path packed = Files.writeString(folder.resolve("pictures.csv.gz"), "no gzip at all");
        assertTrue(message(PictureFile.of(packed, 4, 3)).contains("is no gzip file"));
        var nowhere = new PictureFile("digits", folder.resolve("digits.csv.gz"), 64, 10);
        DataException missing = assertThrows(DataException.class, nowhere::read);
        assertTrue(missing.help().contains("data file \""), missing.help());
    }

    private void assertTold(String content, String what) throws IOException {
        String message = message(PictureFile.of(Files.writeString(folder.resolve("pictures.csv"), content), 4, 3));
        assertTrue(message.contains(what), message);
    }

    private static String message(PictureFile file) {
        return assertThrows(DataException.class, file::read).getMessage();
    }

    @Test
    void patchesTileAPicture() {
        var shape = new PictureShape(4, 3, 2, 0, 8);
        int[] places = IntStream.range(0, shape.patches())
                .flatMap(patch -> IntStream.range(0, shape.patchElements()).map(e -> shape.element(patch, e)))
                .toArray();
        // The second patch begins two columns, of three channels each, to the right; its second row is one row further
        // down.
        assertEquals(6, places[12]);
        assertEquals(6 + 12, places[12 + 6]);
        Arrays.sort(places);
        assertEquals(48, places.length);
        assertTrue(IntStream.range(0, 48).allMatch(i -> places[i] == i));
    }

    @Test
    void everySplitOfABatchHoldsTheSameSamples() {
        NoisedPictures data = pictures(Noising.NOISE);
        var whole = data.training(BatchShare.whole(6, 4), 3, 11);
        // The second of two data ranks has samples 3 to 5, and of each the last two patches, in micro-batches of two.
        var part = data.training(new BatchShare(6, 4, 3, 3, 2, Stretches.from(2, 2)), 3, 11);
        double[] all = load(whole, Given.LATENTS, 0, 4 * 6 * 4);
        double[] some = load(part, Given.LATENTS, 0, 2 * 2 * 4);
        for (int patch = 0; patch < 2; patch++) {
            for (int s = 0; s < 2; s++) {
                for (int e = 0; e < 4; e++) {
                    assertEquals(all[((patch + 2) * 6 + 3 + s) * 4 + e], some[(patch * 2 + s) * 4 + e]);
                }
            }
        }
        assertEquals(load(whole, Given.TIMES, 0, 48)[3 * 8], load(part, Given.TIMES, 0, 16)[0]);
        assertEquals(load(whole, Given.LABELS, 0, 6)[4], load(part, Given.LABELS, 0, 2)[1]);
        assertEquals(2, part.countedTokens(1));
        assertEquals(-1, load(part, Given.TARGETS, 1, 2)[1]);
        assertFalse(Arrays.equals(all, load(data.training(BatchShare.whole(6, 4), 3, 12), Given.LATENTS, 0, 96)));
        assertFalse(Arrays.equals(all, load(data.training(BatchShare.whole(6, 4), 4, 11), Given.LATENTS, 0, 96)));
    }

    @Test
    void someClassesAreWithheld() {
        var batch = pictures(Noising.FLOW).training(BatchShare.whole(2000, 4), 0, 0);
        double[] labels = load(batch, Given.LABELS, 0, 2000);
        assertEquals(0.1, Arrays.stream(labels).filter(label -> label == 3).count() / 2000.0, 0.03);
    }

    @Test
    void aPictureIsWhatItsNoiseAndTargetSay() {
        for (Noising noising : Noising.values()) {
            double time = 0.37;
            double clean = 0.4;
            double noise = -1.3;
            double noised = noising.picture(time) * clean + noising.noise(time) * noise;
            double target = noising.target(clean, noise);
            assertEquals(clean, noising.pictureIn(noised, target, time), 1e-12);
            double earlier = noising.picture(0.2) * clean + noising.noise(0.2) * noise;
            assertEquals(earlier, noising.earlier(noised, target, time, 0.2), 1e-12);
            assertEquals(clean, noising.earlier(noised, target, time, 0), 1e-12);
        }
    }

    /** Elements of these pictures are independent: nothing predicts better than the yardstick, and nothing at all does far worse. */
    @Test
    void theYardstickIsBelowGuessingNothing() {
        for (Noising noising : Noising.values()) {
            NoisedPictures data = pictures(noising);
            double error = new PixelwisePrediction(data.training(), noising).error(data, 400);
            double nothing = IntStream.range(0, 400)
                    .mapToObj(data::heldOut)
                    .flatMapToDouble(sample -> Arrays.stream(sample.target()))
                    .map(value -> value * value)
                    .average()
                    .orElseThrow();
            assertTrue(error > 0 && error < 0.7 * nothing, noising + ": " + error + " of " + nothing);
        }
    }
}
