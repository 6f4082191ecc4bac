package dev.dovetail.runtime.memory;

/** What an element of a buffer is. */
public enum ElementType {
    F32(4),
    F64(8),
    I32(4);

    private final int bytes;

    ElementType(int bytes) {
        this.bytes = bytes;
    }

    /** Bytes of one element. */
    public int bytes() {
        return bytes;
    }
}
