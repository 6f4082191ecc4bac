package dev.dovetail.cli.kernels;

import dev.dovetail.backends.cuda.device.KernelSuite;
import dev.dovetail.backends.cuda.device.KernelTimer;
import dev.dovetail.cli.compile.GpuCluster;
import dev.dovetail.ir.cluster.Device;
import dev.dovetail.ir.tensor.ElementType;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The outcome of a check as a page in Markdown: each kernel's error, and its speed beside the device's figures.
 *
 * @param command that wrote it
 */
public record KernelPage(KernelReport report, String command) {
    private static final String HEAD = """
            | kernel | error | at most | against | ms | TFLOP/s | of peak | GB/s | of peak |
            | --- | --- | --- | --- | --- | --- | --- | --- | --- |
            """;

    /** The page for these rows. */
    public String text(List<KernelSuite.Row> rows) {
        Optional<Device> figures = GpuCluster.find(report.device());
        var text = new StringBuilder();
        text.append("Written by `").append(command).append(" --page FILE` on ").append(report.date());
        text.append(": ").append(report.device()).append(", ").append(report.compiler());
        text.append(".\n\n").append(legend(figures)).append("\n\n").append(HEAD);
        rows.forEach(row -> text.append(line(row, figures)).append("\n"));
        long wrong = rows.stream().filter(row -> !row.passes()).count();
        return text.append(format("\n%d kernels, %d wrong.\n", rows.size(), wrong))
                .toString();
    }

    private static String legend(Optional<Device> figures) {
        String peaks = figures.map(device -> format(
                        "Peaks are the catalogue's of `%s`: %.0f TFLOP/s in bf16, %.0f in fp32, %.0f GB/s.",
                        device.name(),
                        device.compute().get(ElementType.BF16).value() / 1e12,
                        device.compute().get(ElementType.F32).value() / 1e12,
                        device.bandwidth().value() / 1e9))
                .orElse("The catalogue has no figures of this device.");
        return "Error: largest |got - float64| / (|float64| + size of its row), against plain Java or, for large kernels, the"
                + " same kernel in double precision.\nTimes: median of device events, operands where the launch before left"
                + " them; bytes count each operand and result once. " + peaks;
    }

    private static String line(KernelSuite.Row row, Optional<Device> figures) {
        String checked = format(
                "| `%s`%s | %.1e | %.1e | %s |",
                row.kernel().name(),
                row.passes() ? "" : " **wrong** " + row.check().problem(),
                row.check().error(),
                row.check().tolerance(),
                row.check().reference().name().toLowerCase(Locale.ROOT));
        return checked + row.speed().map(speed -> speed(row, speed, figures)).orElse(" | | | | |");
    }

    private static String speed(KernelSuite.Row row, KernelTimer.Speed speed, Optional<Device> figures) {
        boolean narrow = row.kernel().work().operands().stream().anyMatch(type -> type.element() == ElementType.BF16);
        ElementType element = narrow ? ElementType.BF16 : ElementType.F32;
        return format(" %.4f | %.2f | ", speed.milliseconds(), speed.teraflops())
                + share(
                        speed.teraflops() * 1e12,
                        figures.map(d -> d.compute().get(element).value()))
                + format(" | %.0f | ", speed.gigabytes())
                + share(speed.gigabytes() * 1e9, figures.map(d -> d.bandwidth().value()))
                + " |";
    }

    private static String share(double rate, Optional<Double> peak) {
        return peak.map(of -> format("%.0f %%", 100 * rate / of)).orElse("");
    }

    private static String format(String pattern, Object... values) {
        return String.format(Locale.ROOT, pattern, values);
    }
}
