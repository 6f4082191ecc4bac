package dev.dovetail.cli.validate.kind;

import dev.dovetail.cli.validate.score.RowResult;
import dev.dovetail.cli.validate.score.TableScore;
import dev.dovetail.cli.validate.table.MeasuredRow;
import dev.dovetail.cli.validate.table.MeasuredTable;
import dev.dovetail.cli.validate.table.Unexpressed;
import dev.dovetail.ir.cluster.FoldedClos;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;

/** Switches, transceivers and dollars of a fat tree and of a rail-only network; these are counted, not measured. */
public final class RailNetworks implements TableKind {
    /** A rail-optimised fat tree joins all rails on a spine of its own. */
    private static final int FAT_TREE_TIERS = 3;

    @Override
    public boolean reads(MeasuredTable table) {
        return table.has("gpus", "hb_domain_k", "switch_radix", "rail_only_cost_usd");
    }

    @Override
    public TableScore score(MeasuredTable table, Tools tools, IntConsumer progress) {
        List<RowResult> results = Rows.each(table, progress, RailNetworks::predict);
        long figures =
                table.rows().stream().mapToLong(row -> counted(row, false)).sum();
        long exact = table.rows().stream().mapToLong(row -> counted(row, true)).sum();
        return new TableScore(
                table.name(),
                "price of a rail-only network",
                "USD",
                "",
                results,
                List.of(exact + " of " + figures + " counts and prices of both networks exact"));
    }

    /** Figures that a row says, or that it says and we get exactly. */
    private static long counted(MeasuredRow row, boolean exactly) {
        try {
            return figures(row).entrySet().stream()
                    .filter(figure -> row.findNumber(figure.getKey()).isPresent())
                    .filter(figure -> !exactly || row.number(figure.getKey()) == figure.getValue())
                    .count();
        } catch (Unexpressed wrong) {
            return 0;
        }
    }

    private static RowResult predict(MeasuredRow row) {
        return RowResult.of(
                row.id(), row.number("rail_only_cost_usd"), figures(row).get("rail_only_cost_usd"), "");
    }

    private static Map<String, Double> figures(MeasuredRow row) {
        try {
            return figures(row.count("gpus"), row.count("hb_domain_k"), row.count("switch_radix"));
        } catch (IllegalArgumentException impossible) {
            throw new Unexpressed(impossible.getMessage());
        }
    }

    private static Map<String, Double> figures(int gpus, int domain, int radix) {
        FoldedClos tree = FoldedClos.fatTree(gpus, radix);
        FoldedClos rails = FoldedClos.rails(gpus, domain, radix);
        int treeTiers = Math.max(FAT_TREE_TIERS, tree.tiers());
        int railTiers = rails.tiers();
        var figures = new LinkedHashMap<String, Double>();
        figures.put("baseline_clos_tiers", (double) treeTiers);
        figures.put("baseline_switches", (double) tree.switches(treeTiers));
        figures.put("baseline_transceivers", (double) tree.transceivers(treeTiers));
        figures.put("baseline_cost_usd", tree.price(treeTiers).value());
        figures.put("rail_tiers", (double) railTiers);
        figures.put("rail_only_switches", (double) rails.switches(railTiers));
        figures.put("rail_only_transceivers", (double) rails.transceivers(railTiers));
        figures.put("rail_only_cost_usd", rails.price(railTiers).value());
        return figures;
    }
}
