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

    /** What statistics of tensors stored so are kept as: a log-sum in half precision would spoil every weight made from it. */
    public ElementType statistic() {
        return this == F64 ? F64 : F32;
    }

    public boolean isFloating() {
        return this != I32;
    }
}
