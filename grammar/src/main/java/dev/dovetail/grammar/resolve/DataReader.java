package dev.dovetail.grammar.resolve;

import dev.dovetail.grammar.diagnostic.Diagnostic;
import dev.dovetail.grammar.diagnostic.DiagnosticCode;
import dev.dovetail.grammar.syntax.Entry;
import dev.dovetail.grammar.syntax.StringAtom;
import dev.dovetail.ir.block.Ends;
import dev.dovetail.ir.block.ModelDefinition;
import dev.dovetail.ir.block.Signal;
import dev.dovetail.ir.job.DataSource;
import dev.dovetail.ir.job.Preparation;
import dev.dovetail.ir.spec.EntrySchema;
import dev.dovetail.ir.spec.Schema;
import dev.dovetail.ir.spec.Settings;
import dev.dovetail.ir.spec.Slot;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** {@code data jdk source { mask 15% }}: what a job trains on, as its model takes it. */
final class DataReader {
    private static final Set<String> PLANNED_DATA = Set.of("parquet", "tokens", "latents", "stream");

    /** Of no form here: a reader of its own takes it. */
    private static final EntrySchema PREPROCESS = EntrySchema.of(
            "preprocess",
            "what is done to each sample, and where that may be:"
                    + " `preprocess [decode, crop] on [worker, helpers] { stored 110 kB, decode { takes 8 ms } }`");

    /** Which fields of a line hold what; a text that is no conversation has the answer alone. */
    private static final Schema CONVERSATIONS = Schema.of(
            "data",
            field("image", "the field that names the picture"),
            field("prompt", "the field of what is asked"),
            field("answer", "the field of what is to be said"),
            PREPROCESS);

    private static final Schema SCHEMA = Schema.of("data", HidingReader.MASK, HidingReader.CORRUPT, PREPROCESS);

    static final EntrySchema DATA = EntrySchema.of(
            "data",
            "text: `data jdk source`, `data jdk licences`, `data file \"corpus.txt\"` or `.jsonl`; pictures: `data digits`,"
                    + " `data images \"pictures.csv\"`");

    private static EntrySchema field(String name, String doc) {
        return EntrySchema.of(name, doc, List.of(new Slot.Text("value")));
    }

    private final ResolveContext context;
    private final PreparationReader preparations;

    DataReader(ResolveContext context) {
        this.context = context;
        this.preparations = new PreparationReader(context);
    }

    /**
     * {@code None} where nothing is said, or wrong and reported.
     *
     * @param sequence tokens of a sequence of the job
     */
    DataSource read(Optional<Entry> entry, Optional<ModelDefinition> model, int sequence) {
        try {
            if (entry.isEmpty()) {
                return new DataSource.None();
            }
            DataSource data = data(entry.get());
            Schema schema = data instanceof DataSource.Conversations ? CONVERSATIONS : SCHEMA;
            Settings said = context.blocks()
                    .read(entry.get().entries(), Spans.headline(entry.get()), schema, Scope.EMPTY)
                    .settings();
            return model.isEmpty()
                    ? data
                    : HidingReader.read(
                            forModel(data, model.get(), entry.get()), said, model.get(), entry.get(), sequence);
        } catch (Mistake mistake) {
            context.diagnostics().report(mistake.diagnostic());
            return new DataSource.None();
        }
    }

    Optional<Preparation> preparation(Entry data, boolean here) {
        Optional<Entry> said = data.entries().stream()
                .filter(entry -> entry.keyword().equals(PREPROCESS.name()))
                .findFirst();
        said.filter(entry -> here)
                .ifPresent(entry -> context.diagnostics()
                        .report(Diagnostic.unsupported(entry.head().span(), "preprocessing samples on this machine is")
                                .withNote("ranks here read samples that are ready")));
        try {
            return said.flatMap(preparations::read);
        } catch (Mistake mistake) {
            context.diagnostics().report(mistake.diagnostic());
            return Optional.empty();
        }
    }

    /** Itself, or the encoder whose rows stand in its text. */
    static boolean takesPictures(ModelDefinition model) {
        Ends ends = model.ends().source().map(source -> source.encoder().ends()).orElse(model.ends());
        return model.latent().isPresent()
                || ends.signal().map(Signal.Picture.class::isInstance).orElse(false);
    }

    /** A file is of what the model takes; anything else says what it is of. */
    private static DataSource forModel(DataSource data, ModelDefinition model, Entry entry) {
        boolean pictures = takesPictures(model);
        if (pictures && data instanceof DataSource.TextFile file) {
            return new DataSource.Images(file.path());
        }
        if (data.ofPictures() != pictures && !(data instanceof DataSource.Conversations)) {
            throw new Mistake(Diagnostic.error(
                            DiagnosticCode.CONFLICT,
                            entry.head().span(),
                            pictures
                                    ? "the model takes pictures, and this is text"
                                    : "the model takes text, and these are pictures")
                    .withHelp(
                            pictures
                                    ? "`data digits`, or `data images \"pictures.csv\"` with a picture in each row, its class last"
                                    : "`data jdk source`, or `data file \"corpus.txt\"`"));
        }
        return data;
    }

    private DataSource data(Entry entry) {
        AtomCursor cursor = new AtomCursor(entry.values(), Spans.behindAtoms(entry));
        String kind = cursor.atEnd() ? "" : AtomNames.of(cursor.peek());
        if (PLANNED_DATA.contains(kind)) {
            throw new Mistake(Diagnostic.unsupported(cursor.here(), "data of kind `" + kind + "` is"));
        }
        if (cursor.take("jdk")) {
            boolean licences = cursor.take("licences");
            if (!licences) {
                cursor.expect("source");
            }
            cursor.expectEnd();
            return licences ? new DataSource.JdkLicences() : new DataSource.JdkSource();
        }
        if (cursor.take("file") && cursor.isNext(StringAtom.class)) {
            StringAtom path = (StringAtom) cursor.next();
            cursor.expectEnd();
            return new DataSource.TextFile(path.value());
        }
        if (cursor.take("digits")) {
            cursor.expectEnd();
            return new DataSource.Digits();
        }
        if (cursor.take("images") && cursor.isNext(StringAtom.class)) {
            StringAtom path = (StringAtom) cursor.next();
            cursor.expectEnd();
            return new DataSource.Images(path.value());
        }
        if (cursor.take("jsonl") && cursor.isNext(StringAtom.class)) {
            StringAtom path = (StringAtom) cursor.next();
            cursor.expectEnd();
            return new DataSource.Conversations(path.value());
        }
        throw new Mistake(cursor.expected("`jdk source`, `digits` or `file \"corpus.txt\"`"));
    }
}
