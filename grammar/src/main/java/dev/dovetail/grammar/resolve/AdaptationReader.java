package dev.dovetail.grammar.resolve;

import dev.dovetail.grammar.diagnostic.Diagnostic;
import dev.dovetail.grammar.diagnostic.DiagnosticCode;
import dev.dovetail.grammar.diagnostic.Diagnostics;
import dev.dovetail.ir.block.Adaptation;
import dev.dovetail.ir.block.Adaptation.LowRank;
import dev.dovetail.ir.block.ExpansionForm;
import dev.dovetail.ir.block.ModelDefinition;
import dev.dovetail.ir.block.Names;
import dev.dovetail.ir.graph.Parameter;
import dev.dovetail.ir.model.ExpandModel;
import dev.dovetail.ir.model.Model;
import dev.dovetail.ir.spec.EntrySchema;
import dev.dovetail.ir.spec.Origin;
import dev.dovetail.ir.spec.Schema;
import dev.dovetail.ir.spec.Settings;
import dev.dovetail.ir.spec.Slot;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** {@code freeze [embed, attention.q]} and {@code lora { rank 16, on [mlp.*] }}: what of a model trains. */
final class AdaptationReader {
    static final EntrySchema FREEZE = EntrySchema.of(
            "freeze",
            "parts that do not train: `freeze [embed, layers]`, `freeze [attention.q, mlp.*]`",
            List.of(new Slot.Names("value")));

    static final EntrySchema LORA = EntrySchema.of(
                    "lora", "low-rank updates of projections train in their place", List.of())
            .with(Schema.of(
                    "lora",
                    EntrySchema.count("rank", "the narrow middle of an update").mandatory(),
                    EntrySchema.real("alpha", "an update counts alpha / rank times; the rank unless said"),
                    EntrySchema.of(
                            "on",
                            "the projections that are adapted; all unless said: `on [attention.q, mlp.*]`",
                            List.of(new Slot.Names("value")))));

    private static final EntrySchema MIX = EntrySchema.of(
                    "mix",
                    "gates over adapters that were trained and stay as they are (MoLE): `mix [english, poems]`",
                    List.of(new Slot.Names("value")))
            .with(Schema.of(
                    "mix", EntrySchema.real("temperature", "what the gates' scores are divided by; 1 unless said")));

    /** {@code adapter NAME of MODEL { … }}. */
    static final Schema SCHEMA = Schema.of("adapter", FREEZE, LORA, MIX);

    private static final String EVERYTHING = "*";
    private static final String FACTOR = ".lora_a";
    private static final String OTHER_FACTOR = ".lora_b";

    private final Diagnostics diagnostics;
    private final Sizes sizes;

    AdaptationReader(Diagnostics diagnostics) {
        this.diagnostics = diagnostics;
        this.sizes = new Sizes(diagnostics);
    }

    /**
     * The model with what {@code said} freezes and adapts; beside low-rank updates all is frozen that {@code said} does not
     * name.
     */
    Optional<ModelDefinition> adapted(ModelDefinition model, String name, Settings said, Origin origin) {
        if (!said.has("freeze") && !said.has("lora")) {
            return Optional.of(model.with(name, Adaptation.NONE, origin));
        }
        List<String> frozen = said.has("freeze") ? said.words("freeze") : List.of(EVERYTHING);
        Optional<LowRank> lowRank = said.group("lora").flatMap(this::lowRank);
        var adaptation = new Adaptation(frozen, lowRank);
        boolean sound = (lowRank.isPresent() || !said.has("lora")) && isSound(model, said, adaptation);
        return sound
                ? Optional.of(model.with(name, adaptation, origin)).filter(adapted -> somethingTrains(adapted, said))
                : Optional.empty();
    }

    /**
     * The model with gates over what other adapters of it learnt.
     *
     * @param find an adapter by the name it is mixed under; empty where there is none, which is reported
     */
    Optional<ModelDefinition> mixed(
            ModelDefinition model,
            String name,
            Settings said,
            Origin origin,
            Function<String, Optional<ModelDefinition>> find) {
        Settings mix = said.group("mix").orElseThrow();
        List<LowRank> updates = new ArrayList<>();
        for (String adapter : mix.words("value")) {
            Optional<ModelDefinition> found = find.apply(adapter);
            Optional<LowRank> lowRank =
                    found.flatMap(other -> other.adaptation().lowRank());
            lowRank.ifPresent(updates::add);
            if (found.isPresent() && lowRank.isEmpty()) {
                report(mix.originOf("value"), "adapter `" + adapter + "` has no low-rank updates to mix");
            }
        }
        double temperature = mix.real("temperature").orElse(1.0);
        if (said.has("freeze") || said.has("lora")) {
            report(mix.origin(), "beside `mix` nothing else trains: leave `freeze` and `lora` out");
        }
        if (temperature <= 0) {
            report(mix.originOf("temperature"), "a temperature is above 0");
        }
        if (mix.words("value").size() < 2) {
            report(mix.originOf("value"), "a mixture has at least two adapters");
        }
        if (updates.size() < 2 || updates.size() < mix.words("value").size() || temperature <= 0) {
            return Optional.empty();
        }
        var mixture = new Adaptation.Mixture(updates, temperature);
        return Optional.of(
                model.with(name, new Adaptation(List.of(EVERYTHING), Optional.empty(), Optional.of(mixture)), origin));
    }

    private void report(Origin origin, String message) {
        diagnostics.report(Diagnostic.error(DiagnosticCode.CONFLICT, Origins.span(origin), message));
    }

    private boolean somethingTrains(ModelDefinition model, Settings said) {
        boolean trains = parameters(model).values().stream().anyMatch(Parameter::trained);
        if (!trains) {
            diagnostics.report(Diagnostic.error(
                            DiagnosticCode.CONFLICT,
                            Origins.span(said.originOf("freeze")),
                            "nothing of `" + model.name() + "` trains")
                    .withHelp("leave a part out of `freeze`, or say `lora { rank 8 }`"));
        }
        return trains;
    }

    private Optional<LowRank> lowRank(Settings lora) {
        return sizes.positive(lora, "rank").map(rank -> {
            List<String> on = lora.has("on") ? lora.words("on") : List.of(EVERYTHING);
            return new LowRank(rank, lora.real("alpha").orElse((double) rank), on);
        });
    }

    /** Whether every pattern names something and every update is narrower than what it updates. */
    private boolean isSound(ModelDefinition model, Settings said, Adaptation adaptation) {
        var everywhere = new Adaptation(List.of(), Optional.of(new LowRank(1, 1, List.of(EVERYTHING))));
        Map<String, Parameter> parameters = parameters(model.with(model.name(), everywhere, model.origin()));
        Set<String> parts = new LinkedHashSet<>(List.of("embed", "layers", "head"));
        parameters.keySet().stream().filter(path -> !isFactor(path)).forEach(parts::add);
        List<String> projections = parameters.keySet().stream()
                .filter(path -> path.endsWith(FACTOR))
                .map(path -> path.substring(0, path.length() - FACTOR.length()))
                .toList();
        boolean sound = allKnown(said.words("freeze"), List.copyOf(parts), said.originOf("freeze"));
        if (adaptation.lowRank().isPresent()) {
            Settings lora = said.group("lora").orElseThrow();
            LowRank lowRank = adaptation.lowRank().get();
            sound &= allKnown(lora.words("on"), projections, lora.originOf("on"));
            sound &= projections.stream()
                    .filter(path -> adaptation.adapts(path).isPresent())
                    .allMatch(path -> isNarrow(path, lowRank.rank(), parameters, lora.originOf("rank")));
        }
        return sound;
    }

    private static boolean isFactor(String path) {
        return path.endsWith(FACTOR) || path.endsWith(OTHER_FACTOR);
    }

    /** Every parameter by the path that patterns match, one for all layers alike. */
    private static Map<String, Parameter> parameters(ModelDefinition model) {
        Model expanded = ExpandModel.expand(model, ExpansionForm.Training.of(model.context(), 1), ElementType.F32);
        var byPath = new LinkedHashMap<String, Parameter>();
        expanded.parameters()
                .forEach((name, parameter) ->
                        byPath.putIfAbsent(name.startsWith("layers.") ? parameter.name() : name, parameter));
        return byPath;
    }

    private boolean allKnown(List<String> patterns, List<String> paths, Origin origin) {
        var unknown = new ArrayList<String>();
        for (String pattern : patterns) {
            if (paths.stream().noneMatch(path -> Adaptation.matches(pattern, path))) {
                unknown.add(pattern);
            }
        }
        for (String pattern : unknown) {
            diagnostics.report(Diagnostic.error(
                            DiagnosticCode.UNKNOWN_NAME,
                            Origins.span(origin),
                            "nothing of the model is called `" + pattern + "`")
                    .withNearest(pattern, paths)
                    .withNote("there are " + String.join(", ", paths)));
        }
        return unknown.isEmpty();
    }

    private boolean isNarrow(String path, int rank, Map<String, Parameter> parameters, Origin origin) {
        long inputs = rows(parameters.get(path + FACTOR).value().type());
        long outputs = rows(parameters.get(path + OTHER_FACTOR).value().type());
        if (rank < Math.min(inputs, outputs)) {
            return true;
        }
        diagnostics.report(Diagnostic.error(
                        DiagnosticCode.OUT_OF_RANGE,
                        Origins.span(origin),
                        "rank " + rank + " is no less than the " + Math.min(inputs, outputs) + " of `" + path + "`, "
                                + inputs + " x " + outputs)
                .withHelp("choose a smaller rank, or leave `" + path + "` out of `on`"));
        return false;
    }

    private static long rows(TensorType factor) {
        return factor.elements()
                / factor.find(Names.EXPERTS).map(dim -> dim.bound()).orElse(1L);
    }
}
