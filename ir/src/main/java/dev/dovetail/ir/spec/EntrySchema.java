package dev.dovetail.ir.spec;

import dev.dovetail.ir.units.Dimension;
import java.util.List;
import java.util.Optional;

/**
 * What one entry may say.
 *
 * @param name the entry's first word
 * @param forms alternative sequences of slots after the name; the empty form is a bare flag
 * @param required whether the block must have it
 * @param repeats whether it may stand more than once
 * @param block what its own block may hold
 * @param doc one sentence for help and for documentation
 */
public record EntrySchema(
        String name, List<List<Slot>> forms, boolean required, boolean repeats, Optional<Schema> block, String doc) {

    public EntrySchema {
        forms = forms.stream().map(List::copyOf).toList();
    }

    public static EntrySchema flag(String name, String doc) {
        return of(name, doc, List.of());
    }

    public static EntrySchema count(String name, String doc) {
        return of(name, doc, List.of(new Slot.Count("value")));
    }

    public static EntrySchema real(String name, String doc) {
        return of(name, doc, List.of(new Slot.Real("value")));
    }

    public static EntrySchema measure(String name, Dimension dimension, String doc) {
        return of(name, doc, List.of(new Slot.Measure("value", dimension)));
    }

    public static EntrySchema choice(String name, String doc, String... choices) {
        return of(name, doc, List.of(new Slot.Choice("value", List.of(choices))));
    }

    @SafeVarargs
    public static EntrySchema of(String name, String doc, List<Slot>... forms) {
        return new EntrySchema(name, List.of(forms), false, false, Optional.empty(), doc);
    }

    public EntrySchema mandatory() {
        return new EntrySchema(name, forms, true, repeats, block, doc);
    }

    public EntrySchema repeated() {
        return new EntrySchema(name, forms, required, true, block, doc);
    }

    public EntrySchema with(Schema inner) {
        return new EntrySchema(name, forms, required, repeats, Optional.of(inner), doc);
    }
}
