package dev.dovetail.backends.report.page;

import dev.dovetail.backends.report.ReportData;
import dev.dovetail.backends.report.data.StageMemory;
import dev.dovetail.ir.program.MemoryPart;
import dev.dovetail.ir.units.Bytes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** What fills a rank's memory, stage by stage, up to the limit. */
final class MemorySection implements Section {
    @Override
    public String id() {
        return "memory";
    }

    @Override
    public String title() {
        return "Memory per rank";
    }

    @Override
    public boolean applies(ReportData data) {
        return !data.memory().isEmpty();
    }

    @Override
    public void write(ReportData data, Html html) {
        Parts.lead(html, lead(data.memory()));
        Parts.chart(
                html,
                "memory",
                "Memory at the peak, by stage",
                "Waterfall for each pipeline stage: parameters, gradients, optimizer state, activations and workspace "
                        + "add up to the peak",
                "Each part starts where the one above ends; the last bar is the peak, the line what the rank may hold. "
                        + "Bars are the plan’s account (estimate); diamonds are measured peaks, of each part by itself.");
        Parts.numbers(html, "Memory of a rank, by stage: planned / measured", columns(), rows(data.memory()));
    }

    private static String lead(List<StageMemory> stages) {
        StageMemory fullest =
                stages.stream().max(Comparator.comparing(StageMemory::total)).orElseThrow();
        String room = fullest.limit()
                .map(limit ->
                        ", " + Words.percent(fullest.total().ratioTo(limit)) + " of the " + limit + " it may hold")
                .orElse("");
        MemoryPart largest = Arrays.stream(MemoryPart.values())
                .max(Comparator.comparing(part -> fullest.planned().getOrDefault(part, Bytes.ZERO)))
                .orElseThrow();
        return "Ranks of " + fullest.name() + " hold most: " + fullest.total() + room + ". The largest part is "
                + label(largest) + "."
                + (fullest.beside().count() > 0 ? " In slower memory each keeps " + fullest.beside() + " more." : "");
    }

    static String label(MemoryPart part) {
        return part == MemoryPart.OPTIMIZER ? "optimizer state" : part.name().toLowerCase(Locale.ROOT);
    }

    private static List<String> columns() {
        var columns = new ArrayList<String>();
        columns.add("stage");
        Arrays.stream(MemoryPart.values()).map(MemorySection::label).forEach(columns::add);
        columns.add("peak");
        columns.add("limit");
        columns.add("in slower memory");
        return columns;
    }

    private static List<List<String>> rows(List<StageMemory> stages) {
        return stages.stream().map(MemorySection::row).toList();
    }

    private static List<String> row(StageMemory stage) {
        var cells = new ArrayList<String>();
        cells.add(stage.name());
        for (MemoryPart part : MemoryPart.values()) {
            Bytes planned = stage.planned().getOrDefault(part, Bytes.ZERO);
            cells.add(beside(planned, Optional.ofNullable(stage.measured().get(part))));
        }
        cells.add(beside(stage.total(), stage.peak()));
        cells.add(stage.limit().map(Bytes::toString).orElse("–"));
        cells.add(stage.beside().toString());
        return cells;
    }

    private static String beside(Bytes planned, Optional<Bytes> measured) {
        return planned + measured.map(bytes -> " / " + bytes).orElse("");
    }
}
