package dev.dovetail.backends.java;

import dev.dovetail.backends.cpu.KernelName;
import dev.dovetail.backends.cpu.KernelSource;

/**
 * One generated source file.
 *
 * @param className qualified name of its class, such as {@code job.Stage0}
 */
public record JavaSource(String className, String text) {

    KernelSource forCompiler() {
        int dot = className.lastIndexOf('.');
        return new KernelSource(new KernelName(className.substring(0, dot), className.substring(dot + 1)), text);
    }

    /** Path below a source root: {@code job/Stage0.java}. */
    public String path() {
        return className.replace('.', '/') + ".java";
    }
}
