package dev.dovetail.optimizer.cost;

/** The catalogue entry of a device lacks a figure that a plan needs. */
public final class MissingFigureException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public MissingFigureException(String message) {
        super(message);
    }
}
