package dev.dovetail.cli.kernels;

import dev.dovetail.backends.cuda.device.KernelSuite;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The outcome of a check as one JSON object.
 *
 * @param device the device's own name
 * @param compiler what compiled the kernels
 * @param date the day, ISO 8601
 */
public record KernelReport(String device, String compiler, String date) {

    public Map<String, Object> asJson(List<KernelSuite.Row> rows) {
        var answer = new LinkedHashMap<String, Object>();
        answer.put("schema", 1);
        answer.put("device", device);
        answer.put("compiler", compiler);
        answer.put("date", date);
        answer.put("passes", rows.stream().allMatch(KernelSuite.Row::passes));
        answer.put("kernels", rows.stream().map(KernelReport::row).toList());
        return answer;
    }

    private static Map<String, Object> row(KernelSuite.Row row) {
        var fields = new LinkedHashMap<String, Object>();
        fields.put("kernel", row.kernel().name());
        fields.put("operator", row.kernel().work().label());
        fields.put("passes", row.passes());
        // A number that is none has no JSON; a wrong kernel may well give one.
        double error = row.check().error();
        fields.put("error", Double.isNaN(error) ? "nan" : error);
        fields.put("tolerance", row.check().tolerance());
        fields.put("reference", row.check().reference().name().toLowerCase(Locale.ROOT));
        fields.put("problem", row.check().problem());
        row.speed().ifPresent(speed -> {
            fields.put("milliseconds", speed.milliseconds());
            fields.put("slowest_milliseconds", speed.slowest());
            fields.put("tflops_per_second", speed.teraflops());
            fields.put("gigabytes_per_second", speed.gigabytes());
        });
        fields.put("entries", row.resources().stream().map(ResourcesJson::entry).toList());
        return fields;
    }
}
