package dev.dovetail.cli.validate;

import dev.dovetail.cli.terminal.Progress;
import dev.dovetail.cli.validate.kind.TableKind;
import dev.dovetail.cli.validate.kind.TableKinds;
import dev.dovetail.cli.validate.kind.Tools;
import dev.dovetail.cli.validate.predict.Predictor;
import dev.dovetail.cli.validate.row.Hardware;
import dev.dovetail.cli.validate.row.KnownModels;
import dev.dovetail.cli.validate.score.RowResult;
import dev.dovetail.cli.validate.score.TableScore;
import dev.dovetail.cli.validate.table.MeasuredTable;
import dev.dovetail.grammar.resolve.Catalog;
import dev.dovetail.grammar.resolve.ResolveOptions;
import dev.dovetail.grammar.resolve.SpecResolver;
import dev.dovetail.ir.block.BlockCatalog;
import dev.dovetail.optimizer.technique.Technique;
import dev.dovetail.optimizer.technique.TechniqueCatalog;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;

/** Holds predictions against tables of measurements. */
public final class Validation {
    /** Tables that describe and measure nothing. */
    private static final List<Set<String>> DESCRIPTIONS =
            List.of(Set.of("vendor", "bf16_tflops", "mem_gb"), Set.of("scaleup_domain", "nics_per_node"));

    private final Tools tools;
    private final TableKinds kinds;

    private Validation(Tools tools, TableKinds kinds) {
        this.tools = tools;
        this.kinds = kinds;
    }

    /** @param tables all that are there: some list the models that others name */
    public static Validation of(List<MeasuredTable> tables) {
        Catalog catalog = Catalog.shipped();
        List<String> techniques = TechniqueCatalog.standard().techniques().stream()
                .map(Technique::name)
                .toList();
        var resolver = new SpecResolver(catalog, BlockCatalog.standard(), new ResolveOptions(List.of(), 1, techniques));
        return new Validation(
                new Tools(new Predictor(resolver), new KnownModels(tables), Hardware.of(catalog, resolver)),
                TableKinds.standard());
    }

    /** In the order of the tables; those that measure nothing have no score. */
    public List<TableScore> score(List<MeasuredTable> tables, Progress progress) {
        var scores = new ArrayList<TableScore>();
        int before = 0;
        for (MeasuredTable table : tables) {
            int earlier = before;
            if (measures(table)) {
                scores.add(score(table, done -> progress.reached(earlier + done, table.name())));
            }
            before += table.rows().size();
        }
        return scores;
    }

    private static boolean measures(MeasuredTable table) {
        return !KnownModels.listsModels(table)
                && DESCRIPTIONS.stream().noneMatch(columns -> table.columns().containsAll(columns));
    }

    private TableScore score(MeasuredTable table, java.util.function.IntConsumer progress) {
        Optional<TableKind> kind = kinds.of(table);
        return kind.isPresent() ? kind.get().score(table, tools, progress) : unknown(table);
    }

    private static TableScore unknown(MeasuredTable table) {
        return new TableScore(
                table.name(),
                "not known",
                "",
                "",
                table.rows().stream()
                        .map(row -> RowResult.unexpressed(
                                row.id(),
                                OptionalDouble.empty(),
                                "no kind of table has these columns: a step needs `model`, `gpu`, `gpus` and a time, a rate or"
                                        + " `mem_gib`"))
                        .toList(),
                List.of());
    }
}
