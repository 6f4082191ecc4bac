package dev.dovetail.runtime.data;

import dev.dovetail.runtime.random.RandomStream;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** A text, pieces of which a model fills in. */
public record HiddenText(Corpus corpus, Hiding hiding) implements DataSet {
    @Override
    public String label() {
        return corpus.label();
    }

    @Override
    public HiddenText require(int sequence) {
        corpus.require(hiding.window());
        requireUnused(corpus.training());
        requireUnused(corpus.heldOut());
        return this;
    }

    private void requireUnused(byte[] text) {
        for (byte b : text) {
            if ((b & 0xFF) >= hiding.leastStand()) {
                throw new DataException(
                        label() + " has bytes of value " + (b & 0xFF) + ", which stands for what is hidden here",
                        "give the model tokens that are no bytes: a `vocab` above 256");
            }
        }
    }

    @Override
    public String checksum() {
        return corpus.checksum();
    }

    @Override
    public HiddenBatch training(BatchShare share, long seed, long step) {
        Windows windows = Windows.random(corpus.training(), hiding.window(), seed, step, share.batch());
        return new HiddenBatch(windows, hiding, new RandomStream(seed, "hidden"), step * share.batch(), share);
    }

    /** The same is hidden whatever the seed: runs are compared by it. */
    @Override
    public HiddenBatch heldOut(BatchShare share, long seed, int number, int batches) {
        long before = (long) number * share.batch();
        Windows all = Windows.even(corpus.heldOut(), hiding.window(), (long) batches * share.batch());
        var windows = new Windows(all.text(), all.sequence(), i -> all.starts().applyAsLong(before + i));
        return new HiddenBatch(windows, hiding, new RandomStream(0, "hidden, held out"), before, share);
    }

    /** The yardstick counts: hidden bytes by the two before them, which it is shown, and is told where spans end. */
    @Override
    public HeldOut judged(double loss, BatchShare whole, int batches) {
        ByteCountModel counts = ByteCountModel.train(corpus.training(), 2);
        double bits = 0;
        long said = 0;
        for (int number = 0; number < batches; number++) {
            HiddenBatch batch = heldOut(whole, 0, number, batches);
            said += batch.countedTokens(0);
            for (int s = 0; s < whole.batch(); s++) {
                int[] piece = batch.piece(s);
                for (Exercise.Span span : batch.exercise(0, s).hidden()) {
                    for (int i = span.first(); i < span.first() + span.length(); i++) {
                        bits -= Math.log(counts.probability(ByteCountModel.context(piece, i), Math.min(i, 2), piece[i]))
                                / Math.log(2);
                    }
                }
            }
        }
        return new Filled(loss / Math.log(2), bits / said, said);
    }

    /**
     * Bits for each token that is said of held-out text.
     *
     * @param counting of who counts in the training text
     */
    private record Filled(double model, double counting, long tokens) implements HeldOut {
        @Override
        public Map<String, Object> json() {
            Map<String, Object> json = new LinkedHashMap<>();
            json.put("held_out_bits_per_token", model);
            json.put("byte_counts_bits_per_token", counting);
            json.put("held_out_tokens", tokens);
            return json;
        }

        @Override
        public String line() {
            return String.format(
                    Locale.ROOT,
                    "%.3f bits for each token said; counting, with the two bytes before each shown, gives %.3f",
                    model,
                    counting);
        }
    }
}
