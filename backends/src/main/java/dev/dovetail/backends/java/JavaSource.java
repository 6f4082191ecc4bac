package dev.dovetail.backends.java;

/**
 * One generated source file.
 *
 * @param className qualified name of its class, such as {@code job.Stage0}
 */
public record JavaSource(String className, String text) {

    /** Path below a source root: {@code job/Stage0.java}. */
    public String path() {
        return className.replace('.', '/') + ".java";
    }
}
