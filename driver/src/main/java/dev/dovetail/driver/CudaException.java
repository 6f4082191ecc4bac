package dev.dovetail.driver;

/** A driver call that failed; says which, on what, and the driver's own words. */
public final class CudaException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public CudaException(String message) {
        super(message);
    }
}
