package dev.dovetail.runtime.data;

/** Where what a job trains on comes from; read when the job runs, never when it is planned. */
public interface DataSource {
    /** Reads it all; throws {@link DataException} if it is missing or unusable. */
    DataSet read();

    /** As the spec names it: {@code jdk source}, {@code file "notes.txt"}. */
    String label();

    /** What the loss of a model that trains on it is told in. */
    default String lossUnit() {
        return "nats per token";
    }
}
