package dev.dovetail.runtime.memory;

/** A float without its lower 16 bits, as bf16 is stored. */
public final class Bf16 {
    private static final short NOT_A_NUMBER = 0x7fff;

    private Bf16() {}

    public static float value(short bits) {
        return Float.intBitsToFloat(bits << 16);
    }

    /** Rounds to nearest, ties to even; what is not a number stays so. */
    public static short bits(float value) {
        int bits = Float.floatToRawIntBits(value);
        return Float.isNaN(value) ? NOT_A_NUMBER : (short) ((bits + 0x7fff + (bits >>> 16 & 1)) >>> 16);
    }
}
