package dev.dovetail.grammar.resolve;

import dev.dovetail.grammar.diagnostic.Diagnostic;
import dev.dovetail.grammar.diagnostic.DiagnosticCode;
import dev.dovetail.grammar.diagnostic.Diagnostics;
import dev.dovetail.grammar.syntax.Entry;
import dev.dovetail.grammar.syntax.ListAtom;
import dev.dovetail.grammar.syntax.Phrase;
import dev.dovetail.ir.block.Latent;
import dev.dovetail.ir.block.Latent.Predicts;
import dev.dovetail.ir.block.ResnetBlock;
import dev.dovetail.ir.spec.EntrySchema;
import dev.dovetail.ir.spec.Schema;
import dev.dovetail.ir.spec.Settings;
import dev.dovetail.ir.spec.Slot;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** {@code input latent { size 32 x 32, channels 4, patch 2 }}: the pictures that a diffusion model takes noise off. */
final class LatentReader {
    static final EntrySchema INPUT = EntrySchema.of(
                    "input",
                    "latents that noise is taken off, pictures or sound, in the place of tokens",
                    List.of(new Slot.Choice("value", List.of("latent", "image", "audio"))))
            .with(Schema.of(
                    "input",
                    EntrySchema.of(
                            "size",
                            "rows and columns: `size 32 x 32`",
                            List.of(new Slot.Count("rows"), new Slot.Word("x"), new Slot.Count("columns"))),
                    EntrySchema.count("channels", "numbers of each place"),
                    EntrySchema.count("patch", "rows and columns of a patch, the token of a picture"),
                    EntrySchema.count(
                                    "convolution",
                                    "latent: rows and columns of a convolution at both ends of a UNet, in the place of patches: `convolution 3`")
                            .with(Schema.of(
                                    "convolution",
                                    EntrySchema.flag(
                                            "keep", "the first stream is kept for a sub-layer that takes it"))),
                    EntrySchema.count("leading", "image: learned rows before the patches, 1 for a class token"),
                    EntrySchema.count("registers", "image: learned rows behind those, without a place"),
                    EntrySchema.flag("masked", "image: a learned row stands for hidden patches; none is hidden"),
                    EntrySchema.choice(
                            "bias", "image: whether patches are projected with one; all unless said", "none", "all"),
                    EntrySchema.count("frames", "audio: spectra of a recording"),
                    EntrySchema.count("bands", "audio: numbers of a spectrum")));

    static final EntrySchema CONDITION = EntrySchema.of(
            "condition",
            "what is told beside a noised picture: `[timestep, class 1000]`, or text that other models have read, as a row that"
                    + " stands for it and as rows of their own: `[timestep, pooled 2048, text 333 of 4096]`;"
                    + " `timestep 320` says how many sines and cosines tell a time, 256 unless said, and `width 1280` how wide all of"
                    + " it is, as the model unless said; `guidance` tells, as a time is told, how strongly the text is to be followed");

    static final EntrySchema OUTPUT = EntrySchema.of(
                    "output",
                    "what is predicted: the noise in a picture unless said, or the flow from it to noise",
                    List.of(new Slot.Choice("value", List.of("noise", "flow"))))
            .with(Schema.of(
                    "output",
                    EntrySchema.of("learn", "also how sure it is of each element", List.of(new Slot.Word("sigma")))));

    private final Diagnostics diagnostics;
    private final Sizes sizes;

    LatentReader(Diagnostics diagnostics) {
        this.diagnostics = diagnostics;
        this.sizes = new Sizes(diagnostics);
    }

    static boolean isPicture(List<Entry> entries) {
        return entries.stream().anyMatch(entry -> entry.keyword().equals("input"));
    }

    Optional<Latent> read(ReadBlock block) {
        Settings said = block.settings();
        Settings input = said.group("input").orElse(Settings.empty("input"));
        Settings size = input.group("size").orElse(Settings.empty("size"));
        Optional<Integer> rows = sizes.positive(size, "rows");
        Optional<Integer> columns = sizes.positive(size, "columns");
        Optional<Integer> channels = sizes.positive(input, "channels");
        boolean convolved = input.has("convolution");
        Optional<Integer> patch = convolved ? Optional.of(1) : sizes.positive(input, "patch");
        Condition condition = block.first("condition").map(this::condition).orElse(Condition.NONE);
        if (rows.isEmpty() || columns.isEmpty() || channels.isEmpty() || patch.isEmpty()) {
            EndsReader.reportMissing(diagnostics, input, List.of("size", "channels", "patch"));
            return Optional.empty();
        }
        Optional<Latent.Convolved> ends = convolved ? ends(said, input) : Optional.empty();
        if (convolved && ends.isEmpty()) {
            return Optional.empty();
        }
        int side = rows.get();
        if (!EndsReader.isTiled(diagnostics, input, size, columns.get(), patch.get())) {
            return Optional.empty();
        }
        Predicts predicts = Predicts.valueOf(said.word("output").orElse("noise").toUpperCase(Locale.ROOT));
        boolean learns = said.group("output").map(output -> output.has("learn")).orElse(false);
        var patches = new Latent(side, channels.get(), patch.get(), condition.classes(), predicts, learns)
                .told(condition.told());
        Latent latent = ends.map(patches::between).orElse(patches);
        return Optional.of(
                condition.rows() == 0
                        ? latent
                        : latent.askedBy(new Latent.Text(condition.rows(), condition.width(), condition.pooled())));
    }

    /** Both ends of a UNet; empty where they cannot be. */
    private Optional<Latent.Convolved> ends(Settings said, Settings input) {
        int taps = sizes.positive(input, "convolution").orElse(0);
        String wrong = taps % 2 == 0 ? "a convolution of " + taps + " x " + taps + " has no middle" : "";
        wrong = input.has("patch") ? "`convolution` stands in the place of patches" : wrong;
        if (!wrong.isEmpty()) {
            String entry = input.has("patch") ? "patch" : "convolution";
            diagnostics.report(
                    Diagnostic.error(DiagnosticCode.OUT_OF_RANGE, Origins.span(input.originOf(entry)), wrong));
            return Optional.empty();
        }
        boolean keeps = input.group("convolution")
                .map(convolution -> convolution.has("keep"))
                .orElse(false);
        int groups = sizes.positive(said, ResnetBlock.NORM_GROUPS.name()).orElse(ResnetBlock.USUAL_GROUPS);
        return Optional.of(new Latent.Convolved(taps, groups, keeps));
    }

    /** What is told beside the time; 0 for what is not. */
    private record Condition(int classes, int rows, int width, int pooled, Latent.Told told) {
        static final Condition NONE = new Condition(0, 0, 0, 0, Latent.Told.USUAL);
    }

    private Condition condition(Entry condition) {
        try {
            AtomCursor cursor = new AtomCursor(condition.values(), Spans.behindAtoms(condition));
            if (!cursor.isNext(ListAtom.class)) {
                throw new Mistake(cursor.expected("a list such as `[timestep, class 1000]`"));
            }
            int classes = 0;
            int rows = 0;
            int width = 0;
            int pooled = 0;
            Latent.Told told = Latent.Told.USUAL;
            for (Phrase item : ((ListAtom) cursor.next()).items()) {
                AtomCursor inside = new AtomCursor(item.atoms(), item.span().after());
                if (inside.take("class")) {
                    classes = number(inside);
                } else if (inside.take("pooled")) {
                    pooled = number(inside);
                } else if (inside.take("text")) {
                    rows = number(inside);
                    inside.expect("of");
                    width = number(inside);
                } else if (inside.take("width")) {
                    told = new Latent.Told(number(inside), told.frequencies(), told.guided());
                } else if (inside.take("guidance")) {
                    told = new Latent.Told(told.width(), told.frequencies(), true);
                } else {
                    inside.expect("timestep");
                    told = inside.atEnd() ? told : new Latent.Told(told.width(), number(inside), told.guided());
                }
                inside.expectEnd();
            }
            if ((rows > 0 && classes > 0) || (pooled > 0 && rows == 0)) {
                throw new Mistake(Diagnostic.error(
                        DiagnosticCode.CONFLICT,
                        Spans.headline(condition),
                        "pictures are asked for by class or by text, and `pooled` stands for a text"));
            }
            if (told.frequencies() < 2 || told.frequencies() % 2 != 0 || told.width() < 0) {
                throw new Mistake(Diagnostic.error(
                        DiagnosticCode.OUT_OF_RANGE,
                        Spans.headline(condition),
                        "a time is told by pairs of a sine and a cosine, not by " + told.frequencies() + " numbers"));
            }
            return new Condition(classes, rows, width, pooled, told);
        } catch (Mistake mistake) {
            diagnostics.report(mistake.diagnostic());
            return Condition.NONE;
        }
    }

    private static int number(AtomCursor cursor) {
        return (int) Expressions.read(cursor, Scope.EMPTY).quantity().value();
    }
}
