package dev.dovetail.runtime.data;

import dev.dovetail.runtime.random.RandomStream;
import dev.dovetail.runtime.rank.StepInputs;
import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.function.Predicate;
import java.util.zip.CRC32C;

/** A text cut into what is trained on and what is held out to judge the result. Arrays are shared: never write. */
public record Corpus(String label, byte[] training, byte[] heldOut, int trainingDocuments, int heldOutDocuments)
        implements DataSet {
    /** One document in twenty is held out. */
    private static final int ONE_IN = 20;

    /** Whether the document of this path is held out: a function of its path alone, the same for everyone. */
    public static boolean isHeldOut(String path) {
        // The low bits of FNV-1a see the last characters best; folding lets all bits speak.
        long hash = RandomStream.hash(path);
        return Long.remainderUnsigned(hash ^ (hash >>> 32), ONE_IN) == 0;
    }

    static Corpus split(String label, List<Document> documents) {
        Predicate<Document> held = document -> isHeldOut(document.path());
        List<Document> heldOut = documents.stream().filter(held).toList();
        List<Document> training = documents.stream().filter(held.negate()).toList();
        return new Corpus(label, join(training), join(heldOut), training.size(), heldOut.size());
    }

    private static byte[] join(List<Document> documents) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        documents.forEach(document -> all.writeBytes(document.bytes()));
        return all.toByteArray();
    }

    @Override
    public StepInputs.Batch training(BatchShare share, long seed, long step) {
        return new WindowBatch(Windows.random(training, share.sequence(), seed, step, share.batch()), share);
    }

    @Override
    public StepInputs.Batch heldOut(BatchShare share, long seed, int number, int batches) {
        Windows all = heldOutWindows(share, batches);
        long before = (long) number * share.batch();
        var windows = new Windows(all.text(), all.sequence(), i -> all.starts().applyAsLong(before + i));
        return new WindowBatch(windows, share);
    }

    private Windows heldOutWindows(BatchShare share, int batches) {
        return Windows.even(heldOut, share.sequence(), (long) batches * share.batch());
    }

    /** The yardstick is counting: bytes by the one or two before them, in the training text. */
    @Override
    public TextHeldOut judged(double loss, BatchShare whole, int batches) {
        Windows windows = heldOutWindows(whole, batches);
        long count = (long) batches * whole.batch();
        ByteCountModel counts = ByteCountModel.train(training, 2);
        return new TextHeldOut(
                loss / Math.log(2),
                counts.bitsPerByte(windows, count, 1),
                counts.bitsPerByte(windows, count, 2),
                count * windows.sequence());
    }

    @Override
    public String checksum() {
        CRC32C crc = new CRC32C();
        crc.update(training);
        crc.update(heldOut);
        return Long.toHexString(crc.getValue()) + " of " + (training.length + heldOut.length);
    }

    /** Stops a job whose text is shorter than one of its windows. */
    @Override
    public Corpus require(int sequence) {
        requireWindow("training", training, sequence);
        requireWindow("held-out", heldOut, sequence);
        return this;
    }

    private void requireWindow(String part, byte[] text, int sequence) {
        if (text.length < sequence + 1) {
            throw new DataException(
                    "the " + part + " part of " + label + " has " + text.length + " bytes, and one window of this model"
                            + " takes " + (sequence + 1),
                    "use a longer text (the held-out part is about a twentieth of it), or a smaller `context`");
        }
    }
}
