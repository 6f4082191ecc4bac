package dev.dovetail.grammar.resolve;

import dev.dovetail.grammar.diagnostic.Diagnostic;
import dev.dovetail.grammar.diagnostic.DiagnosticCode;
import dev.dovetail.grammar.diagnostic.Diagnostics;
import dev.dovetail.ir.block.ModelDefinition;
import dev.dovetail.ir.job.Start;
import dev.dovetail.ir.spec.EntrySchema;
import dev.dovetail.ir.spec.Settings;
import dev.dovetail.ir.spec.Settings.Setting;
import dev.dovetail.ir.spec.Slot;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** {@code from "dovetail-out/tiny_gpt"}: the runs whose weights a job starts from. */
final class StartReader {
    private static final String HOW = "how";

    static final EntrySchema SCHEMA = EntrySchema.of(
                    "from",
                    "the folder of the run whose last weights this one starts from: `from \"dovetail-out/tiny_gpt\"`; `upcycled` where"
                            + " that model is dense and its mlp becomes every expert of this one",
                    List.of(new Slot.Text("value")),
                    List.of(new Slot.Text("value"), new Slot.Choice(HOW, List.of("upcycled"))))
            .repeated();

    private final Diagnostics diagnostics;

    StartReader(Diagnostics diagnostics) {
        this.diagnostics = diagnostics;
    }

    List<Start> read(Settings said, Optional<ModelDefinition> model) {
        var starts = new ArrayList<Start>();
        for (Setting setting : said.all("from")) {
            switch (setting) {
                case Setting.Word word -> starts.add(new Start(word.text(), false));
                case Setting.Group group -> {
                    Settings from = group.settings();
                    from.word("value").ifPresent(folder -> starts.add(new Start(folder, from.has(HOW))));
                    if (from.has(HOW)) {
                        model.ifPresent(sparse -> requireExperts(sparse, from));
                    }
                }
                default -> throw new IllegalStateException("`from` said as " + setting);
            }
        }
        model.ifPresent(trained -> requireOneForEach(trained, starts, said));
        return starts;
    }

    /** A run for each adapter that is mixed; of any other model one. */
    private void requireOneForEach(ModelDefinition model, List<Start> starts, Settings said) {
        int mixed = model.adaptation()
                .mixture()
                .map(mixture -> mixture.adapters().size())
                .orElse(0);
        boolean upcycled = starts.stream().anyMatch(Start::upcycled);
        boolean enough = mixed > 0 ? starts.size() == mixed && !upcycled : starts.size() <= 1;
        if (!enough) {
            String wanted = mixed > 0
                    ? "the run of each of the " + mixed + " adapters that `" + model.name() + "` mixes, in their order"
                    : "one run: `" + model.name() + "` mixes no adapters";
            diagnostics.report(Diagnostic.error(
                            DiagnosticCode.CONFLICT, Origins.span(said.originOf("from")), "`from` names " + wanted)
                    .withNote(starts.size() + (starts.size() == 1 ? " is" : " are") + " named"));
        }
    }

    /** Experts that are all the dense model's mlp give what it gives where their gates add up to one and nothing is beside them. */
    private void requireExperts(ModelDefinition model, Settings from) {
        List<Settings> mixtures = model.stacks().stream()
                .flatMap(stack -> stack.subLayers().stream())
                .filter(subLayer -> subLayer.block().schema().name().equals("moe"))
                .map(subLayer -> subLayer.settings())
                .toList();
        if (mixtures.isEmpty()) {
            diagnostics.report(Diagnostic.error(
                            DiagnosticCode.CONFLICT,
                            Origins.span(from.originOf(HOW)),
                            "`" + model.name() + "` has no experts to upcycle into")
                    .withHelp("say `moe { experts 4, top 2, inner 4 * width }` in the place of its mlp"));
        }
        for (Settings mixture : mixtures) {
            for (String entry : List.of("shared", "latent")) {
                if (mixture.has(entry)) {
                    diagnostics.report(Diagnostic.error(
                                    DiagnosticCode.CONFLICT,
                                    Origins.span(mixture.originOf(entry)),
                                    "`" + entry + "` starts at random, and an upcycled model starts as the dense one")
                            .withRelated(Origins.span(from.originOf(HOW)), "upcycled here")
                            .withHelp("leave `" + entry + "` out"));
                }
            }
            boolean raw = mixture.word("gates").orElse("normalized").equals("raw");
            if (raw || mixture.real("scale").orElse(1.0) != 1) {
                String entry = raw ? "gates" : "scale";
                diagnostics.report(Diagnostic.warning(
                                DiagnosticCode.CONFLICT,
                                Origins.span(mixture.originOf(entry)),
                                "gates that do not add up to one start an upcycled model off the dense one's loss")
                        .withHelp("leave `" + entry + "` out"));
            }
        }
    }
}
