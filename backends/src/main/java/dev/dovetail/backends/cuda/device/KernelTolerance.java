package dev.dovetail.backends.cuda.device;

import dev.dovetail.backends.cuda.KernelWork;
import dev.dovetail.backends.cuda.StorageType;
import dev.dovetail.ir.op.Attend;
import dev.dovetail.ir.op.AttendGrad;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.TensorType;
import java.util.stream.Stream;

/**
 * How far a kernel may be from float64 on the same stored operands, relative to the size of its result.
 *
 * <p>Half a unit of the stored result, plus the sums: rounding of a sum of n terms grows like the square root of n. Attention
 * on tensor cores also rounds its weights to bf16 between its two products.
 */
final class KernelTolerance {
    private static final double SAFETY = 8;

    private KernelTolerance() {}

    static double of(KernelWork work, TensorType result) {
        var types =
                Stream.concat(work.operands().stream(), work.results().stream()).toList();
        double arithmetic = unit(StorageType.arithmetic(types));
        double terms = Math.max(1, work.flops() / result.elements());
        double weights = roundsWeights(work) ? unit(ElementType.BF16) : 0;
        return unit(result.element()) + weights + SAFETY * arithmetic * Math.sqrt(terms);
    }

    private static boolean roundsWeights(KernelWork work) {
        return work instanceof KernelWork.OperatorWork o
                && (o.op() instanceof Attend || o.op() instanceof AttendGrad)
                && o.operands().getFirst().element() == ElementType.BF16;
    }

    /** Spacing of numbers around 1; bf16 keeps 8 bits, half precision 11, single 24, double 53. */
    private static double unit(ElementType element) {
        return switch (element) {
            case F64 -> 0x1p-52;
            case F32 -> 0x1p-23;
            case F16 -> 0x1p-10;
            case BF16 -> 0x1p-7;
            case I32 -> 0;
        };
    }
}
