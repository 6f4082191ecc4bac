package dev.dovetail.backends.cuda;

/**
 * A number that is known only when a kernel is launched.
 *
 * @param name as the program spells it, such as {@code tokens}
 * @param kind how it travels
 */
public record LaunchSymbol(String name, Kind kind) {

    /** What a launch symbol counts. */
    public enum Kind {
        /** An extent or a position: {@code long long}. */
        COUNT,
        /** A factor such as a learning rate: {@code double}. */
        NUMBER
    }

    /** The parameter's name in C++; the prefix keeps it apart from dims and from a kernel's own variables. */
    public String parameter() {
        return "launch_" + CudaNames.identifier(name.replace("/", "_over_"));
    }

    public String declaration() {
        return (kind == Kind.COUNT ? "long long " : "double ") + parameter();
    }
}
