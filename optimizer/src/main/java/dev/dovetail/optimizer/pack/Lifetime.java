package dev.dovetail.optimizer.pack;

/**
 * A buffer that needs memory for a while.
 *
 * @param bytes size, already rounded up to the arena's alignment
 * @param first index of the instruction that writes it first
 * @param last index of the instruction that reads it last; it shares no byte with anything alive then
 */
public record Lifetime(long bytes, int first, int last) {

    public Lifetime {
        if (bytes < 0 || last < first) {
            throw new IllegalArgumentException(
                    "a lifetime of " + bytes + " bytes cannot run from " + first + " to " + last);
        }
    }

    /** Whether both hold bytes at some instruction. */
    public boolean meets(Lifetime other) {
        return bytes > 0 && other.bytes > 0 && first <= other.last && other.first <= last;
    }
}
