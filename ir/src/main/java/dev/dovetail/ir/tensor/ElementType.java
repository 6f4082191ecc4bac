package dev.dovetail.ir.tensor;

/** What one element of a tensor is stored as. */
public enum ElementType {
    F64(8),
    F32(4),
    BF16(2),
    F16(2),
    I32(4);

    private final int bytes;

    ElementType(int bytes) {
        this.bytes = bytes;
    }

    /** Storage of one element, in bytes. */
    public int bytes() {
        return bytes;
    }

    public boolean isFloating() {
        return this != I32;
    }
}
