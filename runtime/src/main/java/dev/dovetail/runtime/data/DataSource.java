package dev.dovetail.runtime.data;

/** Where a job's text comes from; read when the job runs, never when it is planned. */
public interface DataSource {
    /** Reads it all; throws {@link DataException} if it is missing or unusable. */
    Corpus read();

    /** As the spec names it: {@code jdk source}, {@code file "notes.txt"}. */
    String label();
}
