package dev.dovetail.runtime.memory;

/**
 * Slower memory that a rank asks for beside its arena; its addresses follow the arena's.
 *
 * @param bytes 0 where it asks for none
 */
public record FarMemory(Tier tier, long bytes) {
    public static final FarMemory NONE = new FarMemory(Tier.HOST, 0);

    /** What holds it. */
    public enum Tier {
        /** Memory of this process. */
        HOST,
        /** A file. */
        STORAGE
    }
}
