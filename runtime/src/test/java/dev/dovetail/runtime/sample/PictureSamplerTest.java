package dev.dovetail.runtime.sample;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.runtime.data.NoisedBatch;
import dev.dovetail.runtime.data.NoisedPicture;
import dev.dovetail.runtime.data.Noising;
import dev.dovetail.runtime.data.PictureShape;
import dev.dovetail.runtime.data.Pictures;
import dev.dovetail.runtime.failure.UsageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PictureSamplerTest {
    private static final PictureShape SHAPE = new PictureShape(2, 1, 1, 3, 8);

    @TempDir
    private Path folder;

    /** Knows the only picture there is of each class; of no class it believes grey. */
    private record Oracle(Noising noising) implements Denoiser {
        @Override
        public int pictures() {
            return 4;
        }

        static double clean(int label, int element) {
            return label == 3 ? 0 : 0.2 * label + 0.1 * element;
        }

        @Override
        public void predict(NoisedBatch batch, double[][] predicted) {
            for (int i = 0; i < predicted.length; i++) {
                NoisedPicture asked = batch.samples().apply(batch.share().sample(0, i));
                for (int e = 0; e < 4; e++) {
                    double clean = clean(asked.label(), e);
                    double noise =
                            (asked.noised()[e] - noising.picture(asked.time()) * clean) / noising.noise(asked.time());
                    predicted[i][e] = noising.target(clean, noise);
                }
            }
        }
    }

    @Test
    void whoKnowsThePictureFindsIt() {
        for (Noising noising : Noising.values()) {
            var sampler = new PictureSampler(new Oracle(noising), SHAPE, noising, 7, 1, 5);
            double[][] pictures = sampler.sample(new int[] {0, 1, 2, 2, 1});
            for (int e = 0; e < 4; e++) {
                assertEquals(Oracle.clean(2, e), pictures[2][e], 1e-9, noising + " at " + e);
                assertEquals(Oracle.clean(1, e), pictures[4][e], 1e-9, noising + " at " + e);
            }
        }
    }

    /** Flow is linear, so going on beyond the class ends as far beyond its picture. */
    @Test
    void guidanceGoesOnBeyondTheClass() {
        var sampler = new PictureSampler(new Oracle(Noising.FLOW), SHAPE, Noising.FLOW, 4, 3, 5);
        double[][] pictures = sampler.sample(new int[] {1, 2, 1});
        assertEquals(3 * Oracle.clean(2, 3), pictures[1][3], 1e-9);
    }

    @Test
    void sameSeedSamePictures() {
        var once = new PictureSampler(new Oracle(Noising.NOISE), SHAPE, Noising.NOISE, 3, 2, 5);
        assertArrayEquals(once.sample(new int[] {1})[0], once.sample(new int[] {1, 2})[0]);
        assertFalse(Arrays.equals(shaky(5), shaky(6)));
    }

    /** What a model that predicts nothing leaves of the noise. */
    private static double[] shaky(long seed) {
        Denoiser ignorant = new Denoiser() {
            @Override
            public int pictures() {
                return 1;
            }

            @Override
            public void predict(NoisedBatch batch, double[][] predicted) {}
        };
        return new PictureSampler(ignorant, SHAPE, Noising.FLOW, 2, 1, seed).sample(new int[] {0})[0];
    }

    @Test
    void optionsSayWhatIsMade() {
        PictureOptions all = PictureOptions.parse(new String[] {}, folder, 3);
        assertEquals(List.of(0, 1, 2), all.classes());
        PictureOptions some = PictureOptions.parse(
                new String[] {"--class", "2,0", "--count", "4", "--guidance", "1", "--check"}, folder, 3);
        assertEquals(List.of(2, 0), some.classes());
        assertTrue(some.check());
        for (String wrong : List.of("3", "-1", "1.5", "x")) {
            assertThrows(
                    UsageException.class,
                    () -> PictureOptions.parse(new String[] {"--class", wrong}, folder, 3),
                    wrong);
        }
        assertThrows(UsageException.class, () -> PictureOptions.parse(new String[] {"--prompt", "a"}, folder, 3));
        assertThrows(UsageException.class, () -> PictureOptions.parse(new String[] {"--count", "0"}, folder, 3));
    }

    @Test
    void theNearestPicturesDecide() {
        float[] values = {0, 0, 0, 0, 1, 1, 1, 1, 0.9f, 1, 1, 1, -1, -1, -1, -1};
        var known = new NearestPictures(new Pictures("four", 4, values, new int[] {0, 1, 1, 2}), 3);
        assertEquals(1, known.of(new double[] {0.8, 0.8, 0.8, 0.8}).label());
        // One vote each: the nearest decides.
        assertEquals(2, known.of(new double[] {-1, -1, -1, -1}).label());
        assertEquals(0.1, known.of(new double[] {1.1, 1.1, 1.1, 1.1}).distance(), 1e-6);
    }

    @Test
    void aGridIsAPngFile() throws IOException {
        var grid = new PictureGrid(SHAPE, new double[][] {{-1, 1, 1, -1}, {1, 1, 1, 1}}, 2);
        byte[] png = grid.image().encoded();
        Path file = Files.write(folder.resolve("grid.png"), png);
        var image = ImageIO.read(file.toFile());
        assertEquals(2 * (48 + 4) + 4, image.getWidth());
        assertEquals(48 + 8, image.getHeight());
        assertEquals(0, image.getRGB(6, 6) & 0xFF);
        assertEquals(255, image.getRGB(6 + 24, 6) & 0xFF);
        assertEquals(" @\n@\n", grid.text(3));
    }
}
