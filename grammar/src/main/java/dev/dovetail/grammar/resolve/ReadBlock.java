package dev.dovetail.grammar.resolve;

import dev.dovetail.grammar.syntax.Entry;
import dev.dovetail.ir.spec.Settings;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A block read through its schema.
 *
 * @param settings what its entries said, as far as they were right
 * @param written every entry the schema knows, by name, for what its forms cannot express
 */
record ReadBlock(Settings settings, Map<String, List<Entry>> written) {
    ReadBlock {
        written = Collections.unmodifiableMap(new LinkedHashMap<>(written));
    }

    List<Entry> all(String name) {
        return written.getOrDefault(name, List.of());
    }

    Optional<Entry> first(String name) {
        return all(name).stream().findFirst();
    }
}
