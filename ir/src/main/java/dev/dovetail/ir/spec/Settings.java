package dev.dovetail.ir.spec;

import dev.dovetail.ir.units.Quantity;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a spec said in one block or entry, read through its {@link Schema}. An entry with one slot is found by the entry's
 * name; one with several slots, or with a block, is a nested {@code Settings} holding slots and entries by name.
 */
public record Settings(String name, Origin origin, Map<String, List<Setting>> values) {

    /** One value said, and where. */
    public sealed interface Setting {
        Origin origin();

        record Number(Quantity quantity, Origin origin) implements Setting {}

        record Word(String text, Origin origin) implements Setting {}

        record Words(List<String> texts, Origin origin) implements Setting {}

        record Numbers(List<Quantity> quantities, Origin origin) implements Setting {}

        record Flag(Origin origin) implements Setting {}

        record Group(Settings settings) implements Setting {
            @Override
            public Origin origin() {
                return settings.origin();
            }
        }
    }

    public Settings {
        values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
    }

    public static Settings empty(String name) {
        return new Settings(name, Origin.NONE, Map.of());
    }

    /** The same settings with one more value; for defaults and for specs built by programs. */
    public Settings with(String entry, Setting value) {
        var copy = new LinkedHashMap<>(values);
        var said = new ArrayList<>(copy.getOrDefault(entry, List.of()));
        said.add(value);
        copy.put(entry, List.copyOf(said));
        return new Settings(name, origin, copy);
    }

    public Settings with(String entry, double number) {
        return with(entry, new Setting.Number(Quantity.number(number), Origin.NONE));
    }

    public Settings with(String entry, String word) {
        return with(entry, new Setting.Word(word, Origin.NONE));
    }

    public Settings withFlag(String entry) {
        return with(entry, new Setting.Flag(Origin.NONE));
    }

    /** What is said, and not where: equal wherever it stands. */
    public Settings withoutOrigins() {
        var plain = new LinkedHashMap<String, List<Setting>>();
        values.forEach((entry, said) ->
                plain.put(entry, said.stream().map(Settings::withoutOrigin).toList()));
        return new Settings(name, Origin.NONE, plain);
    }

    private static Setting withoutOrigin(Setting setting) {
        return switch (setting) {
            case Setting.Number n -> new Setting.Number(n.quantity(), Origin.NONE);
            case Setting.Word w -> new Setting.Word(w.text(), Origin.NONE);
            case Setting.Words w -> new Setting.Words(w.texts(), Origin.NONE);
            case Setting.Numbers n -> new Setting.Numbers(n.quantities(), Origin.NONE);
            case Setting.Flag f -> new Setting.Flag(Origin.NONE);
            case Setting.Group g -> new Setting.Group(g.settings().withoutOrigins());
        };
    }

    public boolean has(String entry) {
        return values.containsKey(entry);
    }

    public Optional<Setting> find(String entry) {
        return Optional.ofNullable(values.get(entry)).map(List::getFirst);
    }

    public List<Setting> all(String entry) {
        return values.getOrDefault(entry, List.of());
    }

    public Origin originOf(String entry) {
        return find(entry).map(Setting::origin).orElse(origin);
    }

    public Optional<Quantity> quantity(String entry) {
        return find(entry).flatMap(s -> s instanceof Setting.Number n ? Optional.of(n.quantity()) : nestedQuantity(s));
    }

    private static Optional<Quantity> nestedQuantity(Setting setting) {
        return setting instanceof Setting.Group g ? g.settings().quantity("value") : Optional.empty();
    }

    public Optional<Long> count(String entry) {
        return quantity(entry).map(q -> Math.round(q.value()));
    }

    public Optional<Double> real(String entry) {
        return quantity(entry).map(Quantity::value);
    }

    public Optional<String> word(String entry) {
        return find(entry).flatMap(s -> switch (s) {
            case Setting.Word w -> Optional.of(w.text());
            case Setting.Group g -> g.settings().word("value");
            case Setting.Number n -> Optional.empty();
            case Setting.Words w -> Optional.empty();
            case Setting.Numbers n -> Optional.empty();
            case Setting.Flag f -> Optional.empty();
        });
    }

    public List<String> words(String entry) {
        return find(entry)
                .map(s -> s instanceof Setting.Words w ? w.texts() : List.<String>of())
                .orElse(List.of());
    }

    /** A list of numbers; empty where there is none. */
    public List<Double> reals(String entry) {
        return find(entry)
                .map(s -> s instanceof Setting.Numbers n
                        ? n.quantities().stream().map(Quantity::value).toList()
                        : List.<Double>of())
                .orElse(List.of());
    }

    public Optional<Settings> group(String entry) {
        return find(entry).flatMap(s -> s instanceof Setting.Group g ? Optional.of(g.settings()) : Optional.empty());
    }

    public List<Settings> groups(String entry) {
        return all(entry).stream()
                .filter(Setting.Group.class::isInstance)
                .map(s -> ((Setting.Group) s).settings())
                .toList();
    }
}
