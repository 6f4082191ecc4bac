package dev.dovetail.backends.cuda.device;

import dev.dovetail.backends.cuda.KernelWork;
import dev.dovetail.ir.op.Op;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.Extent;
import dev.dovetail.ir.tensor.TensorType;
import java.util.List;
import java.util.Map;

/** A kernel's work with a value for each launch symbol. */
public record KernelCase(KernelWork work, Map<String, Double> symbols) {

    public KernelCase {
        symbols = Map.copyOf(symbols);
    }

    public static KernelCase of(KernelWork work) {
        return new KernelCase(work, Map.of());
    }

    /** The same work at the extents of this launch, as constants: what the reference computes. */
    KernelWork atLaunch() {
        return switch (work) {
            case KernelWork.OperatorWork o ->
                new KernelWork.OperatorWork(resized(o.op()), resized(o.operands()), resized(o.results()));
            case KernelWork.UpdateWork u ->
                new KernelWork.UpdateWork(
                        u.label(), u.expressions(), resized(u.operands()), resized(u.results()), u.overwrites());
        };
    }

    private Op resized(Op op) {
        Op changed = op;
        for (TensorType type : work.operands()) {
            for (Dim dim : type.dims()) {
                changed = changed.withExtent(dim.name(), atLaunch(dim.extent()));
            }
        }
        return changed;
    }

    private List<TensorType> resized(List<TensorType> types) {
        return types.stream()
                .map(type -> new TensorType(
                        type.element(),
                        type.dims().stream()
                                .map(dim -> new Dim(dim.name(), atLaunch(dim.extent())))
                                .toList()))
                .toList();
    }

    private Extent atLaunch(Extent extent) {
        return switch (extent) {
            case Extent.Fixed fixed -> fixed;
            case Extent.Bounded bounded ->
                Extent.of(symbols.get(bounded.symbol()).longValue());
        };
    }
}
