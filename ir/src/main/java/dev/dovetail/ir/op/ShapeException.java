package dev.dovetail.ir.op;

/** Operand types that do not fit an operator; names the operator and prints every operand. */
public final class ShapeException extends IllegalArgumentException {
    private static final long serialVersionUID = 1;

    public ShapeException(String message) {
        super(message);
    }
}
