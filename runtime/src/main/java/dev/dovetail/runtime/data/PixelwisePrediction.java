package dev.dovetail.runtime.data;

/**
 * What can be told of a noised picture element by element, from the mean and variance that each has in the training pictures: the
 * best linear prediction, which knows nothing of how elements go together. A model that trains must beat it.
 */
final class PixelwisePrediction {
    private final double[] mean;
    private final double[] variance;
    private final Noising noising;

    PixelwisePrediction(Pictures pictures, Noising noising) {
        this.noising = noising;
        mean = new double[pictures.elements()];
        variance = new double[pictures.elements()];
        for (int e = 0; e < mean.length; e++) {
            for (int i = 0; i < pictures.count(); i++) {
                mean[e] += pictures.value(i, e) / pictures.count();
            }
            for (int i = 0; i < pictures.count(); i++) {
                double away = pictures.value(i, e) - mean[e];
                variance[e] += away * away / pictures.count();
            }
        }
    }

    /** The expectation of the target given the element alone, were both normal. */
    private double predict(int element, double noised, double time) {
        double kept = noising.picture(time);
        double added = noising.noise(time);
        double spread = kept * kept * variance[element] + added * added;
        double away = spread == 0 ? 0 : (noised - kept * mean[element]) / spread;
        return noising.target(mean[element] + kept * variance[element] * away, added * away);
    }

    /** Mean squared error over so many samples that are held out. */
    double error(NoisedPictures pictures, long samples) {
        double sum = 0;
        for (long i = 0; i < samples; i++) {
            NoisedPicture sample = pictures.heldOut(i);
            for (int e = 0; e < mean.length; e++) {
                double off = predict(e, sample.noised()[e], sample.time()) - sample.target()[e];
                sum += off * off;
            }
        }
        return sum / samples / mean.length;
    }
}
