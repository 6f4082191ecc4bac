package dev.dovetail.cli.kernels;

import dev.dovetail.cli.CommandContext;
import dev.dovetail.cli.ExitStatus;
import dev.dovetail.cli.calibrate.Processor;
import dev.dovetail.cli.kernels.CpuKernels.Checked;
import dev.dovetail.cli.kernels.CpuKernels.Timed;
import dev.dovetail.ir.tensor.ElementType;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Tells how the CPU's kernels did, to a person or as JSON.
 *
 * @param json one object instead of lines
 */
public record CpuKernelReport(CommandContext context, boolean json) {
    private static final int MISSED = 25;
    private static final List<ElementType> ELEMENTS = List.of(ElementType.F32, ElementType.F64);

    public ExitStatus check(CpuKernels kernels) {
        heading(kernels);
        var checked = new ArrayList<Checked>();
        for (ElementType element : ELEMENTS) {
            var rows = kernels.check(element);
            double worst = rows.stream().mapToDouble(Checked::error).max().orElse(0);
            line("%s: %d kernels, largest error %.2f of what is tolerated", element, rows.size(), worst);
            rows.stream().filter(row -> !row.passes()).forEach(row -> line("  %s: %s", row.kernel(), row.complaint()));
            checked.addAll(rows);
        }
        long wrong = checked.stream().filter(row -> !row.passes()).count();
        line("%d kernels, %d wrong", checked.size(), wrong);
        if (json) {
            var answer = head(kernels);
            answer.put("passes", wrong == 0);
            answer.put("kernels", checked.stream().map(CpuKernelReport::fields).toList());
            context.printJson(answer);
        }
        return wrong == 0 ? ExitStatus.OK : ExitStatus.FAILED_RUN;
    }

    public ExitStatus bench(CpuKernels kernels) {
        heading(kernels);
        var timed = new ArrayList<Timed>();
        for (ElementType element : ELEMENTS) {
            line("%-44s %10s %10s %8s %8s", element, "us", "GFLOP/s", "of peak", "of copy");
            for (Timed row : kernels.bench(element)) {
                line(
                        "%-44s %10.1f %10.1f %7.0f%% %7.0f%%",
                        row.kernel(),
                        row.seconds() * 1e6,
                        row.flopsPerSecond() / 1e9,
                        row.ofPeak() * 100,
                        row.ofCopy() * 100);
                timed.add(row);
            }
        }
        if (json) {
            var answer = head(kernels);
            answer.put("kernels", timed.stream().map(CpuKernelReport::fields).toList());
            context.printJson(answer);
        }
        return ExitStatus.OK;
    }

    /** Kernels of a program beside the laws that foresee them; whole laws first, then the kernels that are missed by most. */
    public ExitStatus laws(List<ProgramLaws.Row> rows) {
        if (json) {
            context.printJson(Map.of(
                    "schema",
                    1,
                    "kernels",
                    rows.stream().map(CpuKernelReport::fields).toList()));
            return ExitStatus.OK;
        }
        var byLaw =
                rows.stream().collect(Collectors.groupingBy(ProgramLaws.Row::law, TreeMap::new, Collectors.toList()));
        int threads = rows.stream().mapToInt(ProgramLaws.Row::threads).max().orElse(1);
        line(
                "%-44s %8s %12s %12s",
                "a step, on " + (threads == 1 ? "one core" : threads + " threads of a rank"),
                "calls",
                "foreseen ms",
                "measured ms");
        byLaw.forEach((law, of) -> lawLine(law, of));
        lawLine("all", rows);
        line("%n%-44s %8s %12s %12s", "missed by most", "calls", "foreseen us", "measured us");
        rows.stream()
                .limit(MISSED)
                .forEach(row -> line(
                        "%-44s %8d %12.1f %12.1f",
                        row.kernel(), row.calls(), row.foreseenSeconds() * 1e6, row.measuredSeconds() * 1e6));
        return ExitStatus.OK;
    }

    private void lawLine(String name, List<ProgramLaws.Row> rows) {
        line(
                "%-44s %8d %12.2f %12.2f",
                name,
                rows.stream().mapToLong(ProgramLaws.Row::calls).sum(),
                rows.stream().mapToDouble(r -> r.calls() * r.foreseenSeconds()).sum() * 1e3,
                rows.stream().mapToDouble(r -> r.calls() * r.measuredSeconds()).sum() * 1e3);
    }

    private void heading(CpuKernels kernels) {
        line(
                "%s, vectors of %d bits, %s",
                Processor.atHand().name(), kernels.target().vectorBits(), LocalDate.now());
    }

    private static Map<String, Object> head(CpuKernels kernels) {
        var answer = new LinkedHashMap<String, Object>();
        answer.put("schema", 1);
        answer.put("device", Processor.atHand().name());
        answer.put("vector_bits", kernels.target().vectorBits());
        answer.put("date", LocalDate.now().toString());
        return answer;
    }

    private static Map<String, Object> fields(Checked row) {
        var fields = new LinkedHashMap<String, Object>();
        fields.put("kernel", row.kernel());
        fields.put("passes", row.passes());
        // A wrong kernel may be off by more than any number; JSON has no infinity.
        fields.put("share_of_tolerance", Double.isFinite(row.error()) ? row.error() : "beyond measure");
        fields.put("problem", row.complaint());
        return fields;
    }

    private static Map<String, Object> fields(Timed row) {
        var fields = new LinkedHashMap<String, Object>();
        fields.put("kernel", row.kernel());
        fields.put("seconds", row.seconds());
        fields.put("flops_per_second", row.flopsPerSecond());
        fields.put("share_of_peak", row.ofPeak());
        fields.put("share_of_copy", row.ofCopy());
        return fields;
    }

    private static Map<String, Object> fields(ProgramLaws.Row row) {
        var fields = new LinkedHashMap<String, Object>();
        fields.put("kernel", row.kernel());
        fields.put("law", row.law());
        fields.put("calls", row.calls());
        fields.put("threads", row.threads());
        fields.put("foreseen_seconds", row.foreseenSeconds());
        fields.put("measured_seconds", row.measuredSeconds());
        return fields;
    }

    private void line(String format, Object... arguments) {
        if (!json) {
            context.out().println(String.format(Locale.ROOT, format, arguments));
        }
    }
}
