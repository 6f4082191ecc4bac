package dev.dovetail.runtime.mesh;

/**
 * Which positions of every sequence a rank has, in the order in which it keeps them: two stretches of equal length, which are
 * one where the second follows the first.
 *
 * @param first position of the first stretch
 * @param second position of the second
 * @param count positions of both
 */
public record Stretches(long first, long second, int count) {

    /** {@code count} positions in a row. */
    public static Stretches from(long first, int count) {
        return new Stretches(first, first + count / 2, count);
    }

    /** Position of what is kept at {@code place}. */
    public long at(long place) {
        return place < count / 2 ? first + place : second + place - count / 2;
    }
}
