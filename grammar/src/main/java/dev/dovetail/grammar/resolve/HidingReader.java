package dev.dovetail.grammar.resolve;

import dev.dovetail.grammar.diagnostic.Diagnostic;
import dev.dovetail.grammar.diagnostic.DiagnosticCode;
import dev.dovetail.grammar.syntax.Entry;
import dev.dovetail.ir.block.Head;
import dev.dovetail.ir.block.ModelDefinition;
import dev.dovetail.ir.block.Source;
import dev.dovetail.ir.job.DataSource;
import dev.dovetail.ir.job.Hiding;
import dev.dovetail.ir.spec.EntrySchema;
import dev.dovetail.ir.spec.Schema;
import dev.dovetail.ir.spec.Settings;
import java.util.Optional;

/** What of a text is hidden from a model that is no plain decoder: {@code mask 15%}, {@code corrupt 15% { span 3 }}. */
final class HidingReader {
    static final EntrySchema MASK = EntrySchema.real(
            "mask", "share of tokens that are hidden from an encoder, which predicts them: `mask 15%` (BERT)");

    static final EntrySchema CORRUPT = EntrySchema.real(
                    "corrupt",
                    "share of the text that is hidden from an encoder in spans, which a decoder says: `corrupt 15%` (T5)")
            .with(Schema.of("corrupt", EntrySchema.real("span", "mean length of a span; 3 unless said")));

    private static final double SPAN = 3;

    private HidingReader() {}

    /**
     * The data with what is hidden of it; throws a {@link Mistake} where the model cannot be trained by it.
     *
     * @param said of the data
     * @param sequence tokens of a sequence of the job
     */
    static DataSource read(DataSource data, Settings said, ModelDefinition model, Entry entry, int sequence) {
        boolean isText = data instanceof DataSource.JdkSource
                || data instanceof DataSource.JdkLicences
                || data instanceof DataSource.TextFile;
        Optional<EntrySchema> wanted = isText ? wanted(model) : Optional.empty();
        for (EntrySchema one : new EntrySchema[] {MASK, CORRUPT}) {
            if (said.has(one.name()) && !wanted.equals(Optional.of(one))) {
                throw new Mistake(Diagnostic.error(
                        DiagnosticCode.CONFLICT,
                        Origins.span(said.originOf(one.name())),
                        "`" + model.name() + "` is not trained by what is hidden with `" + one.name() + "`"));
            }
        }
        if (wanted.isEmpty()) {
            return data;
        }
        String name = wanted.get().name();
        if (!said.has(name)) {
            throw new Mistake(Diagnostic.error(
                            DiagnosticCode.CONFLICT,
                            entry.head().span(),
                            "`" + model.name() + "` sees all of its text, and nothing is hidden that it could say")
                    .withHelp("`data … { " + name + " 15% }`"));
        }
        double share = said.real(name).orElse(0.0);
        if (!(share > 0 && share < 1)) {
            throw new Mistake(Diagnostic.error(
                    DiagnosticCode.OUT_OF_RANGE,
                    Origins.span(said.originOf(name)),
                    "`" + name + "` is a share between 0 and 1, found " + share));
        }
        return hidden(data, said, model, sequence, wanted.get());
    }

    private static DataSource hidden(
            DataSource data, Settings said, ModelDefinition model, int sequence, EntrySchema wanted) {
        double share = said.real(wanted.name()).orElseThrow();
        Hiding hiding = wanted.equals(MASK)
                ? Hiding.Single.of(share, sequence)
                : Hiding.Spans.of(
                        share,
                        span(said),
                        model.ends().source().orElseThrow().encoder().context());
        int vocabulary = Math.min(
                model.vocab(),
                model.ends().source().map(Source::encoder).orElse(model).vocab());
        if (vocabulary - hiding.stands() < Hiding.FIRST_UNUSED) {
            throw new Mistake(Diagnostic.error(
                            DiagnosticCode.OUT_OF_RANGE,
                            Origins.span(said.originOf(wanted.name())),
                            "a vocabulary of " + vocabulary + " has no " + hiding.stands()
                                    + " tokens beside those of text to stand for what is hidden")
                    .withHelp("say `vocab " + (256 + hiding.stands()) + "`"));
        }
        if (hiding instanceof Hiding.Spans spans && spans.said() > sequence) {
            throw new Mistake(Diagnostic.error(
                            DiagnosticCode.OUT_OF_RANGE,
                            Origins.span(said.originOf(wanted.name())),
                            "a decoder with a context of " + sequence + " cannot say the " + spans.said()
                                    + " tokens that stand for what is hidden of " + spans.window())
                    .withHelp("hide less, or say `context " + spans.said() + "` in the decoder"));
        }
        return new DataSource.Hidden(data, hiding, vocabulary - 1);
    }

    private static double span(Settings said) {
        Optional<Settings> corrupt = said.group("corrupt").filter(group -> group.has("span"));
        double length = corrupt.flatMap(group -> group.real("span")).orElse(SPAN);
        if (length < 1) {
            throw new Mistake(Diagnostic.error(
                    DiagnosticCode.OUT_OF_RANGE,
                    Origins.span(corrupt.orElseThrow().originOf("span")),
                    "a span has at least one token"));
        }
        return length;
    }

    /** What a model must say of its data to have something to learn; nothing where it goes on with what it reads. */
    private static Optional<EntrySchema> wanted(ModelDefinition model) {
        boolean scoresTokens = model.latent().isEmpty() && model.ends().head() instanceof Head.Tokens;
        Optional<Source> source = model.ends().source();
        if (!scoresTokens || model.ends().signal().isPresent()) {
            return Optional.empty();
        }
        if (source.isPresent()) {
            boolean readsText = source.get().encoder().ends().signal().isEmpty();
            return readsText && !source.get().joined() ? Optional.of(CORRUPT) : Optional.empty();
        }
        return model.continues() ? Optional.empty() : Optional.of(MASK);
    }
}
