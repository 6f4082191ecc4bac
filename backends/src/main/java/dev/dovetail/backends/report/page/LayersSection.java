package dev.dovetail.backends.report.page;

import dev.dovetail.backends.report.ReportData;
import dev.dovetail.backends.report.data.LayerRun;
import dev.dovetail.ir.plan.Decision.Recompute;
import dev.dovetail.ir.plan.Offload;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Every layer as a cell of a strip: its kind, its stage, what of it is computed again and what lies in slower memory. */
final class LayersSection implements Section {
    /** Layers up to which each has a cell of its own. */
    private static final int CELLS = 320;

    /** Kinds that have a colour of their own; later ones begin anew. */
    private static final int COLOURS = 6;

    @Override
    public String id() {
        return "layers";
    }

    @Override
    public String title() {
        return "Layers";
    }

    @Override
    public boolean applies(ReportData data) {
        return !data.layers().isEmpty();
    }

    @Override
    public void write(ReportData data, Html html) {
        List<LayerRun> runs = data.layers();
        List<String> kinds = runs.stream().map(LayerRun::kind).distinct().toList();
        Parts.lead(html, lead(runs, data));
        legend(runs, kinds, html);
        boolean each = runs.stream().mapToInt(LayerRun::count).sum() <= CELLS;
        html.block(
                "div",
                Html.with("class", "layers"),
                () -> stretches(runs).forEach(stretch -> stretch(stretch, kinds, each, html)));
        Parts.numbers(
                html,
                "What the plan does with each layer",
                List.of("layers", "kind", "stage", "computed again", "in slower memory"),
                runs.stream().map(LayersSection::row).toList());
    }

    private static String lead(List<LayerRun> runs, ReportData data) {
        int layers = runs.stream().mapToInt(LayerRun::count).sum();
        long again = runs.stream()
                .filter(run -> run.recompute() != Recompute.NONE)
                .mapToInt(LayerRun::count)
                .sum();
        return Words.count(layers, "layer") + " between embedding and head; "
                + (again == 0
                        ? "none computes anything again"
                        : Words.count(again) + (again == 1 ? " computes" : " compute")
                                + " something again in the backward pass")
                + ". " + data.precision();
    }

    /** Neighbours on one stage; a stage that has several stretches of the model has several. */
    private static List<List<LayerRun>> stretches(List<LayerRun> runs) {
        var starts = IntStream.range(0, runs.size())
                .filter(i -> i == 0 || runs.get(i).stage() != runs.get(i - 1).stage())
                .boxed()
                .toList();
        return IntStream.range(0, starts.size())
                .mapToObj(i -> runs.subList(starts.get(i), i + 1 < starts.size() ? starts.get(i + 1) : runs.size()))
                .toList();
    }

    private static void stretch(List<LayerRun> runs, List<String> kinds, boolean each, Html html) {
        html.block("div", Html.with("class", "stretch"), () -> {
            html.element("p", "stage " + runs.getFirst().stage());
            html.element(
                    "ol",
                    Html.with(
                            "aria-label", runs.stream().map(LayersSection::said).collect(Collectors.joining("; "))),
                    () -> runs.forEach(run -> cells(run, kinds, each, html)));
        });
    }

    private static void cells(LayerRun run, List<String> kinds, boolean each, Html html) {
        int kind = kinds.indexOf(run.kind());
        for (int i = 0; i < (each ? run.count() : 1); i++) {
            String name = each ? "layer " + (run.first() + i) : run.name();
            String[] about = Html.with(
                    "class",
                    "cell kind-" + kind % COLOURS + " again-" + word(run.recompute())
                            + (!run.offload().any() ? "" : " away"),
                    "title",
                    name + ": " + run.kind() + "; " + again(run.recompute()) + away(run.offload()));
            html.element("li", about, letter(kind) + (each || run.count() == 1 ? "" : " × " + run.count()));
        }
    }

    private static void legend(List<LayerRun> runs, List<String> kinds, Html html) {
        html.block("ul", Html.with("class", "legend layer-legend"), () -> {
            for (int i = 0; i < kinds.size(); i++) {
                int kind = i;
                entry("kind-" + kind % COLOURS, letter(kind), kinds.get(kind), html);
            }
            runs.stream()
                    .map(LayerRun::recompute)
                    .distinct()
                    .sorted()
                    .forEach(mode -> entry("again-" + word(mode), "", again(mode), html));
            runs.stream()
                    .map(LayerRun::offload)
                    .distinct()
                    .filter(offload -> offload.any())
                    .forEach(offload -> entry("away", "", away(offload).substring(2), html));
        });
    }

    private static void entry(String look, String letter, String meaning, Html html) {
        html.element("li", () -> {
            html.element("span", Html.with("class", "cell " + look, "aria-hidden", "true"), letter);
            html.text(meaning);
        });
    }

    /** A to Z, then a, b, c and on. */
    private static String letter(int kind) {
        return String.valueOf((char) (kind < 26 ? 'A' + kind : 'a' + (kind - 26) % 26));
    }

    private static String said(LayerRun run) {
        return run.name() + ": " + run.kind() + ", " + again(run.recompute()) + away(run.offload());
    }

    private static List<String> row(LayerRun run) {
        return List.of(
                run.name(),
                run.kind(),
                String.valueOf(run.stage()),
                again(run.recompute()),
                !run.offload().any() ? "nothing" : away(run.offload()).substring(2));
    }

    private static String word(Recompute mode) {
        return mode.name().toLowerCase(java.util.Locale.ROOT);
    }

    private static String again(Recompute mode) {
        return switch (mode) {
            case NONE -> "keeps every activation";
            case SELECTIVE -> "attention core again";
            case ALTERNATE -> "all but attention and every second product again";
            case FULL -> "all but its input again";
        };
    }

    private static String away(Offload offload) {
        return offload.any() ? "; " + offload.words() + " in slower memory" : "";
    }
}
