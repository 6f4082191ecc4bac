package dev.dovetail.runtime.data;

import java.util.function.IntPredicate;
import java.util.stream.IntStream;

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
}
