package dev.dovetail.runtime.data;

import dev.dovetail.runtime.random.RandomStream;
import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.function.Predicate;

/** A text cut into what is trained on and what is held out to judge the result. Arrays are shared: never write. */
public record Corpus(String label, byte[] training, byte[] heldOut, int trainingDocuments, int heldOutDocuments) {
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

    /** Stops a job whose text is shorter than one of its windows. */
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
