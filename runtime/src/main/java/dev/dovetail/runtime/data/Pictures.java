package dev.dovetail.runtime.data;

import java.nio.charset.StandardCharsets;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import java.util.zip.CRC32C;

/**
 * Square pictures with a class each, whatever is learnt from them. Arrays are shared: never write.
 *
 * @param label as the spec names them
 * @param elements of one picture: rows, then columns, then channels
 * @param values of all pictures, one after the other, each from -1 to 1
 * @param classes of the pictures
 */
public record Pictures(String label, int elements, float[] values, int[] classes) {

    public int count() {
        return classes.length;
    }

    /** Element {@code element} of picture {@code picture}. */
    public float value(int picture, int element) {
        return values[picture * elements + element];
    }

    /** Those to train on. */
    public Pictures training() {
        return those(row -> !isHeldOut(row));
    }

    /** Those held out: which they are is a function of their place in the file alone. */
    public Pictures heldOut() {
        return those(Pictures::isHeldOut);
    }

    private static boolean isHeldOut(int row) {
        return Corpus.isHeldOut("picture " + row);
    }

    private Pictures those(IntPredicate kept) {
        int[] rows = IntStream.range(0, count()).filter(kept).toArray();
        float[] some = new float[rows.length * elements];
        for (int i = 0; i < rows.length; i++) {
            System.arraycopy(values, rows[i] * elements, some, i * elements, elements);
        }
        int[] theirs = IntStream.of(rows).map(row -> classes[row]).toArray();
        return new Pictures(label, elements, some, theirs);
    }

    /** Stops a job that has none to train on, or none held out. */
    void requireSome(Pictures heldOut) {
        if (count() == 0 || heldOut.count() == 0) {
            throw new DataException(
                    label + " has " + count() + " pictures to train on and " + heldOut.count() + " to hold out",
                    "give more pictures: about one in twenty is held out");
        }
    }

    /** The same for the same pictures, on any host. */
    String checksum(Pictures heldOut) {
        CRC32C crc = new CRC32C();
        for (Pictures part : new Pictures[] {this, heldOut}) {
            for (float value : part.values()) {
                crc.update(Float.toString(value).getBytes(StandardCharsets.US_ASCII));
            }
            for (int label : part.classes()) {
                crc.update(label);
            }
        }
        return Long.toHexString(crc.getValue()) + " of " + (count() + heldOut.count());
    }
}
