package dev.dovetail.cli.validate.kind;

import dev.dovetail.cli.validate.table.MeasuredTable;
import java.util.List;
import java.util.Optional;

/** Every kind of table, the more special before the general. */
public record TableKinds(List<TableKind> kinds) {

    public TableKinds {
        kinds = List.copyOf(kinds);
    }

    public static TableKinds standard() {
        return new TableKinds(List.of(
                new StepTimes(),
                new ProductTimes(),
                new CollectiveTimes(),
                new FlopCounts(),
                new RailNetworks(),
                new ProfiledOperators(),
                new MemoryFigures(),
                new LayerPasses(),
                new PeakMemory()));
    }

    public Optional<TableKind> of(MeasuredTable table) {
        return kinds.stream().filter(kind -> kind.reads(table)).findFirst();
    }
}
