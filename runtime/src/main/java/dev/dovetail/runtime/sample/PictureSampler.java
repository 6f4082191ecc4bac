package dev.dovetail.runtime.sample;

import dev.dovetail.runtime.data.BatchShare;
import dev.dovetail.runtime.data.NoisedBatch;
import dev.dovetail.runtime.data.NoisedPicture;
import dev.dovetail.runtime.data.Noising;
import dev.dovetail.runtime.data.PictureShape;
import dev.dovetail.runtime.random.RandomStream;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes pictures of noise, a step of time after the other, without chance but for the noise at the start.
 *
 * @param steps of time, from noise to picture
 * @param guidance how far to go from what is predicted of no class to what is predicted of the one asked for, and beyond:
 *     classifier-free guidance (Ho and Salimans 2022, arXiv:2207.12598); 1 is the class's prediction itself
 * @param seed of the noise
 */
record PictureSampler(Denoiser denoiser, PictureShape shape, Noising noising, int steps, double guidance, long seed) {

    /** A picture of each class in turn; the noise of the first is number 0. */
    double[][] sample(int[] classes) {
        double[][] pictures = new double[classes.length][shape.elements()];
        var noise = new RandomStream(seed, "samples");
        for (int i = 0; i < classes.length; i++) {
            double[] picture = pictures[i];
            noise.normals((long) i * picture.length, picture.length, (at, value) -> picture[(int) at] = value);
        }
        int together = guided() ? denoiser.pictures() / 2 : denoiser.pictures();
        for (int step = 0; step < steps; step++) {
            double time = 1 - (double) step / steps;
            double earlier = 1 - (step + 1.0) / steps;
            for (int from = 0; from < classes.length; from += together) {
                int to = Math.min(classes.length, from + together);
                move(pictures, classes, from, to, time, step == steps - 1 ? 0 : earlier);
            }
        }
        return pictures;
    }

    private boolean guided() {
        return guidance != 1 && shape.classes() > 0;
    }

    /** One step of pictures {@code from} to {@code to - 1}: those of their classes, and behind them those of none. */
    private void move(double[][] pictures, int[] classes, int from, int to, double time, double earlier) {
        List<NoisedPicture> asked = new ArrayList<>();
        for (int i = from; i < to; i++) {
            asked.add(told(pictures[i], time, classes[i]));
        }
        for (int i = from; guided() && i < to; i++) {
            asked.add(told(pictures[i], time, shape.classes()));
        }
        double[][] predicted = new double[asked.size()][shape.elements()];
        var share = new BatchShare(asked.size(), shape.patches(), 0, asked.size(), denoiser.pictures());
        denoiser.predict(new NoisedBatch(shape, noising, share, i -> asked.get((int) i)), predicted);
        for (int i = from; i < to; i++) {
            double[] picture = pictures[i];
            double[] told = predicted[i - from];
            double[] untold = guided() ? predicted[i - from + to - from] : told;
            for (int e = 0; e < picture.length; e++) {
                double led = untold[e] + guidance * (told[e] - untold[e]);
                picture[e] = noising.earlier(picture[e], guided() ? led : told[e], time, earlier);
            }
        }
    }

    /** What is to be predicted is what is asked: it has no target. */
    private static NoisedPicture told(double[] picture, double time, int label) {
        return new NoisedPicture(picture, new double[0], time, label);
    }
}
