package dev.dovetail.runtime.data;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Bits per byte on held-out text of the model and of the yardsticks, over the same windows.
 *
 * @param order1 of counts of byte pairs in the training text
 * @param order2 of counts of byte triples
 */
public record TextHeldOut(double model, double order1, double order2, long bytes) implements HeldOut {
    @Override
    public Map<String, Object> json() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("held_out_bits_per_byte", model);
        json.put("byte_counts_bits_per_byte", Map.of("order_1", order1, "order_2", order2));
        json.put("held_out_bytes", bytes);
        return json;
    }

    @Override
    public String line() {
        return String.format(
                Locale.ROOT, "%.3f bits per byte; counting pairs gives %.3f, triples %.3f", model, order1, order2);
    }
}
