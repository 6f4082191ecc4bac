package dev.dovetail.runtime.data;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Mean squared error on noised pictures that were held out.
 *
 * @param elementwise error of the best linear prediction of each element from itself alone
 * @param samples judged
 */
record PicturesHeldOut(double model, double elementwise, long samples) implements HeldOut {
    @Override
    public Map<String, Object> json() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("held_out_squared_error", model);
        json.put("elementwise_squared_error", elementwise);
        json.put("held_out_samples", samples);
        return json;
    }

    @Override
    public String line() {
        return String.format(
                Locale.ROOT, "squared error %.4f; predicting each element by itself gives %.4f", model, elementwise);
    }
}
