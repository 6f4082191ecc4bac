package dev.dovetail.backends.java;

import com.palantir.javapoet.NameAllocator;
import java.util.HashSet;
import java.util.Set;

/** Names not taken yet: {@code q}, {@code q2}, {@code q3}. */
final class FreshNames {
    private final Set<String> taken;

    FreshNames() {
        this(Set.of());
    }

    private FreshNames(Set<String> taken) {
        this.taken = new HashSet<>(taken);
    }

    /** The same names taken; what is taken here later is free there. */
    FreshNames copy() {
        return new FreshNames(taken);
    }

    /** {@code wanted}, or the first of its numbered forms that is free. */
    String take(String wanted) {
        String base = NameAllocator.toJavaIdentifier(wanted);
        boolean endsInDigit = Character.isDigit(base.charAt(base.length() - 1));
        String numbered = endsInDigit || base.equals(base.toUpperCase(java.util.Locale.ROOT)) ? base + "_" : base;
        String name = javax.lang.model.SourceVersion.isKeyword(base) ? base + "_" : base;
        for (int i = 2; !taken.add(name); i++) {
            name = numbered + i;
        }
        return name;
    }
}
