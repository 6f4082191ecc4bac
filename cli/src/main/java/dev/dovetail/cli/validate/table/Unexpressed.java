package dev.dovetail.cli.validate.table;

/** Why a row cannot be predicted; the row is listed with it. */
public final class Unexpressed extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public Unexpressed(String reason) {
        super(reason);
    }
}
