package dev.dovetail.runtime.data;

import dev.dovetail.runtime.random.RandomStream;
import dev.dovetail.runtime.rank.StepInputs;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** Pictures that a model is shown, and what it is to say of each. */
public record ShownPictures(Pictures training, Pictures heldOut, PictureShape shape, Telling telling)
        implements DataSet {

    static ShownPictures of(Pictures all, PictureShape shape, Telling telling) {
        return new ShownPictures(all.training(), all.heldOut(), shape, telling);
    }

    @Override
    public String label() {
        return training.label();
    }

    @Override
    public ShownPictures require(int sequence) {
        training.requireSome(heldOut);
        return this;
    }

    @Override
    public String checksum() {
        return training.checksum(heldOut);
    }

    @Override
    public StepInputs.Batch training(BatchShare share, long seed, long step) {
        var choice = new RandomStream(seed, "data");
        return new ShownBatch(training, shape, telling, share, index ->
                (int) choice.below(training.count(), step * share.batch() + index));
    }

    @Override
    public StepInputs.Batch heldOut(BatchShare share, long seed, int number, int batches) {
        return new ShownBatch(heldOut, shape, telling, share, index ->
                (int) (((long) number * share.batch() + index) % heldOut.count()));
    }

    @Override
    public HeldOut judged(double loss, BatchShare whole, int batches) {
        return new Shown(loss, Math.log(shape.classes()), (long) batches * whole.batch());
    }

    /**
     * Cross-entropy on pictures that were held out.
     *
     * @param guessing of who knows the classes and sees no picture
     */
    private record Shown(double model, double guessing, long samples) implements HeldOut {
        @Override
        public Map<String, Object> json() {
            Map<String, Object> json = new LinkedHashMap<>();
            json.put("held_out_nats", model);
            json.put("guessing_nats", guessing);
            json.put("held_out_samples", samples);
            return json;
        }

        @Override
        public String line() {
            return String.format(
                    Locale.ROOT, "%.4f nats a class or letter; guessing a class blindly takes %.4f", model, guessing);
        }
    }
}
