package dev.dovetail.ir.job;

/** Where what is trained on comes from. */
public sealed interface DataSource {

    /** Pictures, not text. */
    default boolean ofPictures() {
        return false;
    }

    /** The Java sources that ship inside the running JDK ({@code lib/src.zip}). */
    record JdkSource() implements DataSource {}

    /** The licences that ship inside the running JDK ({@code legal}): English text, and no code. */
    record JdkLicences() implements DataSource {}

    /** A text file, or a folder of them. */
    record TextFile(String path) implements DataSource {}

    /**
     * A text of which something is hidden from the model, which is to say it.
     *
     * @param text a text itself
     * @param stand the token that stands for the first that is hidden; those for others count down from it
     */
    record Hidden(DataSource text, Hiding hiding, int stand) implements DataSource {}

    /** Pictures with a class each: rows of a CSV file, the class last. */
    record Images(String path) implements DataSource {
        @Override
        public boolean ofPictures() {
            return true;
        }
    }

    /** Handwritten digits of 8 x 8, as scikit-learn brings them along. */
    record Digits() implements DataSource {
        @Override
        public boolean ofPictures() {
            return true;
        }
    }

    /** Conversations about pictures, one JSON object a line: planned, not run yet. */
    record Conversations(String path) implements DataSource {}

    /** Nothing is read: the job is planned, not run. */
    record None() implements DataSource {}
}
