package dev.dovetail.ir.job;

import java.util.Collections;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What linear layers multiply in.
 *
 * @param usual of all classes that have none of their own
 */
public record ProductFormats(ProductFormat usual, Map<ProductClass, ProductFormat> own) {
    /** Operands as they are stored. */
    public static final ProductFormats STORED = of(ProductFormat.STORED);

    public ProductFormats {
        var sorted = new EnumMap<ProductClass, ProductFormat>(ProductClass.class);
        own.forEach((kind, format) -> {
            if (format != usual) {
                sorted.put(kind, format);
            }
        });
        own = Collections.unmodifiableMap(sorted);
    }

    /** One for all. */
    public static ProductFormats of(ProductFormat format) {
        return new ProductFormats(format, Map.of());
    }

    public ProductFormat of(ProductClass kind) {
        return own.getOrDefault(kind, usual);
    }

    public ProductFormats with(ProductClass kind, ProductFormat format) {
        var all = new EnumMap<ProductClass, ProductFormat>(ProductClass.class);
        all.putAll(own);
        all.put(kind, format);
        return new ProductFormats(usual, all);
    }

    /** Whether classes have formats of their own. */
    public boolean differ() {
        return !own.isEmpty();
    }

    /**
     * Reads what {@link #toString} writes.
     *
     * @throws IllegalArgumentException where a word is no format or no class
     */
    public static ProductFormats parse(String text) {
        String[] items = text.split(", ");
        var formats = of(format(items[0]));
        for (int i = 1; i < items.length; i++) {
            String[] words = items[i].split(" ", 2);
            formats = formats.with(ProductClass.valueOf(upper(words[0])), format(words[words.length - 1]));
        }
        return formats;
    }

    private static ProductFormat format(String word) {
        return ProductFormat.valueOf(upper(word));
    }

    private static String upper(String word) {
        return word.toUpperCase(Locale.ROOT);
    }

    /** As specs say it: {@code mxfp8}, or {@code mxfp8, attention stored}. */
    @Override
    public String toString() {
        return Stream.concat(
                        Stream.of(word(usual)),
                        own.entrySet().stream().map(each -> word(each.getKey()) + " " + word(each.getValue())))
                .collect(Collectors.joining(", "));
    }

    private static String word(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    /** All there are, each once. */
    public Stream<ProductFormat> all() {
        return Stream.concat(Stream.of(usual), own.values().stream()).distinct();
    }
}
