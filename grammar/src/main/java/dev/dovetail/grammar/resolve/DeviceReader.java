package dev.dovetail.grammar.resolve;

import dev.dovetail.grammar.diagnostic.Diagnostic;
import dev.dovetail.grammar.diagnostic.DiagnosticCode;
import dev.dovetail.grammar.syntax.Definition;
import dev.dovetail.grammar.syntax.Entry;
import dev.dovetail.grammar.syntax.ListAtom;
import dev.dovetail.grammar.syntax.Operator;
import dev.dovetail.ir.cluster.Device;
import dev.dovetail.ir.cluster.Device.Clocks;
import dev.dovetail.ir.cluster.Device.Family;
import dev.dovetail.ir.cluster.Device.Narrow;
import dev.dovetail.ir.cluster.Device.Power;
import dev.dovetail.ir.spec.EntrySchema;
import dev.dovetail.ir.spec.Schema;
import dev.dovetail.ir.spec.Settings;
import dev.dovetail.ir.spec.Slot;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.units.Dimension;
import dev.dovetail.ir.units.FlopsPerSecond;
import dev.dovetail.ir.units.Quantity;
import dev.dovetail.ir.units.Watts;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** {@code device NAME { memory …, compute { … }, power { … }, price … }}. */
final class DeviceReader {
    private static final Map<String, ElementType> TYPES =
            Map.of("fp64", ElementType.F64, "fp32", ElementType.F32, "bf16", ElementType.BF16, "fp16", ElementType.F16);
    private static final Map<String, Narrow> NARROW = Map.of("fp8", Narrow.FP8, "fp4", Narrow.FP4);
    private static final String CLOCKS = "clocks";

    private static final EntrySchema[] RATES = rates();

    static final Schema SCHEMA = Schema.of(
            "device",
            EntrySchema.of(
                            "memory",
                            "size and speed of its memory: `memory 80 GB at 2.039 TB/s`",
                            List.of(
                                    new Slot.Measure("size", Dimension.BYTES),
                                    new Slot.Word("at"),
                                    new Slot.Measure("speed", Dimension.BANDWIDTH)))
                    .mandatory(),
            EntrySchema.of("compute", "peak rates of dense matrix products, without sparsity", List.of())
                    .with(Schema.of("compute", RATES))
                    .mandatory(),
            EntrySchema.of("measured", "the best rates that anyone measured", List.of())
                    .with(Schema.of("measured", RATES)),
            EntrySchema.of("power", "draw at rest, cap and clocks", List.of())
                    .with(Schema.of(
                            "power",
                            EntrySchema.measure("idle", Dimension.POWER, "draw at rest"),
                            EntrySchema.measure("limit", Dimension.POWER, "board power")
                                    .mandatory(),
                            EntrySchema.measure(
                                    "cap", Dimension.POWER, "what operators let it draw; the limit unless said"),
                            raw(CLOCKS, "core clocks: `clocks [210 .. 1410 MHz step 15 MHz]`")))
                    .mandatory(),
            EntrySchema.choice(
                    "family",
                    "devices built alike, whose measured operators speak for this one; other unless said",
                    families()),
            EntrySchema.measure("price", Dimension.PRICE, "what an hour of one device costs"));

    private final ResolveContext context;

    DeviceReader(ResolveContext context) {
        this.context = context;
    }

    private static EntrySchema raw(String name, String doc) {
        return EntrySchema.of(name, doc);
    }

    private static String[] families() {
        return Arrays.stream(Family.values())
                .map(family -> family.name().toLowerCase(Locale.ROOT))
                .toArray(String[]::new);
    }

    private static EntrySchema[] rates() {
        // tf32 and int8 are read and checked; no job can choose them yet, so no device keeps them.
        return List.of("fp64", "fp32", "tf32", "bf16", "fp16", "fp8", "fp4", "int8").stream()
                .map(type -> EntrySchema.measure(type, Dimension.COMPUTE, "dense " + type + " rate"))
                .toArray(EntrySchema[]::new);
    }

    Optional<Device> read(Definition definition) {
        Optional<List<Entry>> entries = context.inheritance().entries(definition);
        if (entries.isEmpty()) {
            return Optional.empty();
        }
        Settings said = context.blocks()
                .read(entries.get(), definition.name().span(), SCHEMA, Scope.EMPTY)
                .settings();
        Optional<Settings> memory = said.group("memory");
        Optional<Settings> power = said.group("power");
        Map<ElementType, FlopsPerSecond> compute = compute(said, "compute");
        Optional<Watts> limit = power.flatMap(p -> p.quantity("limit")).map(Quantity::asWatts);
        if (memory.isEmpty() || limit.isEmpty() || compute.isEmpty()) {
            return Optional.empty();
        }
        Watts idle =
                power.flatMap(p -> p.quantity("idle")).map(Quantity::asWatts).orElse(Watts.ZERO);
        Watts cap = power.flatMap(p -> p.quantity("cap")).map(Quantity::asWatts).orElse(limit.get());
        if (cap.value() > limit.get().value() || cap.value() < idle.value()) {
            context.diagnostics()
                    .report(Diagnostic.error(
                            DiagnosticCode.OUT_OF_RANGE,
                            definition.name().span(),
                            "a power cap lies between draw at rest and the board's limit"));
            return Optional.empty();
        }
        return Optional.of(new Device(
                definition.name().text(),
                memory.get().quantity("size").orElseThrow().asBytes(),
                memory.get().quantity("speed").orElseThrow().asBytesPerSecond(),
                compute,
                attainable(compute, compute(said, "measured")),
                said.word("family")
                        .map(word -> Family.valueOf(word.toUpperCase(Locale.ROOT)))
                        .orElse(Family.OTHER),
                new Power(idle, limit.get(), cap),
                clocks(entries.get()),
                said.quantity("price").map(Quantity::asDollarsPerHour),
                rates(said, "compute", NARROW)));
    }

    private static Map<ElementType, FlopsPerSecond> compute(Settings said, String entry) {
        return rates(said, entry, TYPES);
    }

    private static <T> Map<T, FlopsPerSecond> rates(Settings said, String entry, Map<String, T> types) {
        Map<T, FlopsPerSecond> rates = new LinkedHashMap<>();
        types.forEach((word, type) -> said.group(entry)
                .flatMap(group -> group.quantity(word))
                .ifPresent(rate -> rates.put(type, rate.asFlopsPerSecond())));
        return rates;
    }

    /** The least measured share of a peak; 1 where nobody measured. */
    private static double attainable(
            Map<ElementType, FlopsPerSecond> peaks, Map<ElementType, FlopsPerSecond> measured) {
        return measured.entrySet().stream()
                .filter(rate -> peaks.containsKey(rate.getKey()))
                .mapToDouble(rate -> rate.getValue().ratioTo(peaks.get(rate.getKey())))
                .min()
                .orElse(1);
    }

    private Optional<Clocks> clocks(List<Entry> device) {
        return device.stream()
                .filter(entry -> entry.keyword().equals("power"))
                .flatMap(power -> power.entries().stream())
                .filter(entry -> entry.keyword().equals(CLOCKS))
                .findFirst()
                .flatMap(this::clocks);
    }

    /** {@code [210 .. 1410 MHz step 15 MHz]}; a unit said once holds for both ends. */
    private Optional<Clocks> clocks(Entry entry) {
        try {
            boolean oneItem = entry.values().size() == 1
                    && entry.values().getFirst() instanceof ListAtom list
                    && list.items().size() == 1;
            if (!oneItem) {
                throw new Mistake(wrongClocks(entry));
            }
            ListAtom list = (ListAtom) entry.values().getFirst();
            AtomCursor cursor =
                    new AtomCursor(list.items().getFirst().atoms(), list.span().after());
            Quantity lowest = Expressions.read(cursor, Scope.EMPTY).quantity();
            cursor.expect(Operator.RANGE.symbol());
            int highest = megahertz(entry, Expressions.read(cursor, Scope.EMPTY).quantity());
            cursor.expect("step");
            int step = megahertz(entry, Expressions.read(cursor, Scope.EMPTY).quantity());
            cursor.expectEnd();
            int low = lowest.isNumber() ? (int) lowest.value() : megahertz(entry, lowest);
            return Optional.of(new Clocks(low, highest, step));
        } catch (Mistake mistake) {
            context.diagnostics().report(mistake.diagnostic());
            return Optional.empty();
        } catch (IllegalArgumentException impossible) {
            context.diagnostics()
                    .report(Diagnostic.error(
                            DiagnosticCode.OUT_OF_RANGE, Spans.headline(entry), impossible.getMessage()));
            return Optional.empty();
        }
    }

    private static int megahertz(Entry entry, Quantity quantity) {
        if (!quantity.dimension().equals(Dimension.RATE)) {
            throw new Mistake(wrongClocks(entry));
        }
        return (int) Math.round(quantity.value() / 1e6);
    }

    private static Diagnostic wrongClocks(Entry entry) {
        return Diagnostic.error(
                        DiagnosticCode.WRONG_VALUE, Spans.headline(entry), "`clocks` expects a range of frequencies")
                .withHelp("such as `clocks [210 .. 1410 MHz step 15 MHz]`");
    }
}
