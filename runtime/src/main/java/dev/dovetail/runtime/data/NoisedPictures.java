package dev.dovetail.runtime.data;

import dev.dovetail.runtime.random.RandomStream;
import dev.dovetail.runtime.rank.StepInputs;
import java.util.HashMap;
import java.util.function.LongFunction;

/** Pictures, as a diffusion model trains on them: noised, and told apart by class and time. */
public record NoisedPictures(Pictures training, Pictures heldOut, PictureShape shape, Noising noising)
        implements DataSet {
    /**
     * How often the class of a picture is withheld, so that the model learns to do without: classifier-free guidance needs both
     * (Ho and Salimans 2022, arXiv:2207.12598).
     */
    private static final double WITHHELD = 0.1;

    /** Multiples of it, less their whole parts, fill 0 to 1 evenly however many there are. */
    private static final double GOLDEN_RATIO = 0.6180339887498949;

    static NoisedPictures of(Pictures all, PictureShape shape, Noising noising) {
        return new NoisedPictures(all.training(), all.heldOut(), shape, noising);
    }

    @Override
    public String label() {
        return training.label();
    }

    @Override
    public NoisedPictures require(int sequence) {
        training.requireSome(heldOut);
        return this;
    }

    @Override
    public String checksum() {
        return training.checksum(heldOut);
    }

    /** Times are spread evenly over a batch, so that steps differ less by which times they drew. */
    @Override
    public StepInputs.Batch training(BatchShare share, long seed, long step) {
        var choice = new RandomStream(seed, "data");
        var times = new RandomStream(seed, "times");
        var withheld = new RandomStream(seed, "withheld classes");
        var noise = new RandomStream(seed, "noise");
        return new NoisedBatch(shape, noising, share, once(index -> {
            long sample = step * share.batch() + index;
            int picture = (int) choice.below(training.count(), sample);
            double time = (index + times.uniform(sample)) / share.batch();
            int label = withheld.uniform(sample) < WITHHELD ? shape.classes() : training.classes()[picture];
            return NoisedPicture.of(training, picture, noising, time, known(label), noise, sample);
        }));
    }

    /** A step asks for its samples several times: noised, their noise, their times, their classes. */
    private static LongFunction<NoisedPicture> once(LongFunction<NoisedPicture> samples) {
        var known = new HashMap<Long, NoisedPicture>();
        return index -> known.computeIfAbsent(index, samples::apply);
    }

    @Override
    public StepInputs.Batch heldOut(BatchShare share, long seed, int number, int batches) {
        return new NoisedBatch(shape, noising, share, once(index -> heldOut((long) number * share.batch() + index)));
    }

    /** Sample {@code index} of those that are judged: all pictures, at times that fill the way evenly. */
    NoisedPicture heldOut(long index) {
        int picture = (int) (index % heldOut.count());
        double time = index * GOLDEN_RATIO % 1;
        var noise = new RandomStream(0, "noise of what is held out");
        return NoisedPicture.of(heldOut, picture, noising, time, known(heldOut.classes()[picture]), noise, index);
    }

    /** A model of pictures without classes is told of none. */
    private int known(int label) {
        return shape.classes() == 0 ? 0 : label;
    }

    @Override
    public HeldOut judged(double loss, BatchShare whole, int batches) {
        long count = (long) batches * whole.batch();
        return new PicturesHeldOut(loss, new PixelwisePrediction(training, noising).error(this, count), count);
    }
}
