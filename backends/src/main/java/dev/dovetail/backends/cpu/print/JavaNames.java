package dev.dovetail.backends.cpu.print;

import javax.lang.model.SourceVersion;

/** Turns the names of symbols, such as {@code sequence/2}, into Java identifiers. */
final class JavaNames {
    private JavaNames() {}

    static String of(String name) {
        var identifier = new StringBuilder();
        name.chars().forEach(c -> identifier.append(Character.isJavaIdentifierPart(c) ? (char) c : '_'));
        if (identifier.isEmpty() || !Character.isJavaIdentifierStart(identifier.charAt(0))) {
            identifier.insert(0, '_');
        }
        return SourceVersion.isKeyword(identifier) ? identifier + "_" : identifier.toString();
    }
}
