package dev.dovetail.backends.cpu.loop;

/** The element of a buffer at a position counted in elements. */
public record Location(Buffer buffer, Index element) {
    public Location plus(Index further) {
        return new Location(buffer, element.plus(further));
    }

    public Location plus(long further) {
        return plus(Index.of(further));
    }
}
