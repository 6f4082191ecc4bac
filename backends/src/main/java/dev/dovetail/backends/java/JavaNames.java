package dev.dovetail.backends.java;

import com.palantir.javapoet.NameAllocator;
import java.util.Locale;

/** Turns names of bodies and tensors ({@code block_forward}, {@code attention.q}) into Java's. */
final class JavaNames {
    private JavaNames() {}

    /** {@code blockForward}, {@code attentionQ}. */
    static String camel(String name) {
        var camel = new StringBuilder();
        boolean upper = false;
        for (char c : name.toCharArray()) {
            if (!Character.isLetterOrDigit(c)) {
                upper = !camel.isEmpty();
            } else {
                camel.append(upper ? Character.toUpperCase(c) : c);
                upper = false;
            }
        }
        String first = camel.substring(0, 1).toLowerCase(Locale.ROOT);
        return NameAllocator.toJavaIdentifier(first + camel.substring(1));
    }

    /** {@code BLOCK_FORWARD}. */
    static String constant(String name) {
        return NameAllocator.toJavaIdentifier(name.replaceAll("[^A-Za-z0-9]+", "_"))
                .toUpperCase(Locale.ROOT);
    }
}
