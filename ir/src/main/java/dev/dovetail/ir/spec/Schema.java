package dev.dovetail.ir.spec;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What a block of a spec may hold; declared in the file of the block, technique or noun it belongs to. */
public record Schema(String name, List<EntrySchema> entries) {

    public Schema {
        entries = List.copyOf(entries);
    }

    public static Schema of(String name, EntrySchema... entries) {
        return new Schema(name, List.of(entries));
    }

    public Optional<EntrySchema> entry(String entryName) {
        return entries.stream().filter(e -> e.name().equals(entryName)).findFirst();
    }

    /** The same block, allowed to say more. */
    public Schema plus(List<EntrySchema> more) {
        var all = new ArrayList<>(entries);
        all.addAll(more);
        return new Schema(name, all);
    }
}
