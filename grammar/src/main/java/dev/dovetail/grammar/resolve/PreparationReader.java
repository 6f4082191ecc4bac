package dev.dovetail.grammar.resolve;

import dev.dovetail.grammar.diagnostic.Diagnostic;
import dev.dovetail.grammar.diagnostic.DiagnosticCode;
import dev.dovetail.grammar.syntax.Atom;
import dev.dovetail.grammar.syntax.Entry;
import dev.dovetail.grammar.syntax.ListAtom;
import dev.dovetail.grammar.syntax.Phrase;
import dev.dovetail.ir.job.Preparation;
import dev.dovetail.ir.job.Preparation.Step;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decision.Prepare;
import dev.dovetail.ir.spec.EntrySchema;
import dev.dovetail.ir.spec.Schema;
import dev.dovetail.ir.spec.Settings;
import dev.dovetail.ir.units.Bytes;
import dev.dovetail.ir.units.Dimension;
import dev.dovetail.ir.units.Quantity;
import dev.dovetail.ir.units.Seconds;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** {@code preprocess [decode, crop] on [worker, helpers] { stored 110 kB, decode { takes 8 ms, leaves 590 kB }, … }} of data. */
final class PreparationReader {
    private static final List<Prepare> PLACES = List.of(Prepare.WORKER, Prepare.HELPERS, Prepare.STORAGE);

    private static final EntrySchema STORED = EntrySchema.measure(
                    "stored", Dimension.BYTES, "a sample as it lies in storage")
            .mandatory();
    private static final EntrySchema RECEIVE = EntrySchema.measure(
            "receive",
            Dimension.TIME,
            "of a worker's core, for a sample that was prepared elsewhere; none unless said");

    private final ResolveContext context;

    PreparationReader(ResolveContext context) {
        this.context = context;
    }

    /** Empty where the entry does not say what its steps cost: a plan then takes samples to come in time. */
    Optional<Preparation> read(Entry entry) {
        AtomCursor cursor = new AtomCursor(entry.values(), Spans.behindAtoms(entry));
        List<String> steps = names(cursor, "a list of steps such as `[decode, crop]`");
        Set<Prepare> places = EnumSet.of(Prepare.WORKER);
        if (cursor.take("on")) {
            List<Atom> said = items(cursor, "a list of places such as `[worker, helpers]`");
            said.forEach(place -> places.add(place(place)));
        }
        cursor.expectEnd();
        if (entry.block().isEmpty()) {
            context.diagnostics()
                    .report(Diagnostic.warning(
                                    DiagnosticCode.UNSUPPORTED,
                                    entry.head().span(),
                                    "planning the preparation of samples of which nothing is said is not supported yet")
                            .withNote("the plan takes samples to come fast enough")
                            .withHelp("say what it takes, such as `{ stored 110 kB, " + steps.getFirst()
                                    + " { takes 8 ms, leaves 590 kB } }` behind it"));
            return Optional.empty();
        }
        return costs(entry, steps, places);
    }

    private Optional<Preparation> costs(Entry entry, List<String> names, Set<Prepare> places) {
        var entries = Stream.concat(Stream.of(STORED, RECEIVE), names.stream().map(PreparationReader::step));
        Schema schema = Schema.of("preprocess", entries.toArray(EntrySchema[]::new));
        long before = context.diagnostics().errors();
        Settings said = context.blocks()
                .read(entry.entries(), Spans.headline(entry), schema, Scope.EMPTY)
                .settings();
        if (context.diagnostics().errors() > before) {
            return Optional.empty();
        }
        Bytes stored = said.quantity("stored").orElseThrow().asBytes();
        var steps = new ArrayList<Step>();
        for (String name : names) {
            Settings step = said.group(name).orElseThrow();
            Bytes taken = steps.isEmpty() ? stored : steps.getLast().leaves();
            steps.add(new Step(
                    name,
                    step.quantity("takes").orElseThrow().asSeconds(),
                    step.quantity("leaves").map(Quantity::asBytes).orElse(taken)));
        }
        Seconds receive = said.quantity("receive").map(Quantity::asSeconds).orElse(Seconds.ZERO);
        return Optional.of(new Preparation(
                steps, stored, receive, places, Origins.of(entry.head().span())));
    }

    private static EntrySchema step(String name) {
        return EntrySchema.of(name, "what it costs", List.of())
                .with(Schema.of(
                        name,
                        EntrySchema.measure("takes", Dimension.TIME, "of one core, for a sample")
                                .mandatory(),
                        EntrySchema.measure(
                                "leaves", Dimension.BYTES, "a sample behind it; as many bytes as before unless said")))
                .mandatory();
    }

    private static Prepare place(Atom atom) {
        String word = AtomNames.of(atom);
        List<String> words = PLACES.stream().map(Decision.PREPARE.print()).toList();
        if (!words.contains(word)) {
            throw new Mistake(Diagnostic.error(
                            DiagnosticCode.UNKNOWN_NAME, atom.span(), "samples cannot be prepared on `" + word + "`")
                    .withNearest(word, words)
                    .withNote("there are " + String.join(", ", words)));
        }
        return Decision.PREPARE.parse().apply(word);
    }

    private static List<String> names(AtomCursor cursor, String expected) {
        List<Atom> items = items(cursor, expected);
        List<String> names = items.stream().map(AtomNames::of).toList();
        if (names.isEmpty() || names.contains("")) {
            throw new Mistake(cursor.expected(expected));
        }
        for (int i = 0; i < names.size(); i++) {
            if (names.indexOf(names.get(i)) < i) {
                throw new Mistake(Diagnostic.error(
                        DiagnosticCode.REPEATED_ENTRY, items.get(i).span(), "`" + names.get(i) + "` is done twice"));
            }
        }
        return names;
    }

    private static List<Atom> items(AtomCursor cursor, String expected) {
        if (!cursor.isNext(ListAtom.class)) {
            throw new Mistake(cursor.expected(expected));
        }
        return ((ListAtom) cursor.next())
                .items().stream().map(Phrase::atoms).flatMap(List::stream).toList();
    }
}
