package dev.dovetail.backends.cuda.device;

import dev.dovetail.backends.cuda.KernelWork;
import dev.dovetail.ir.op.Attend;
import dev.dovetail.ir.op.AttendGrad;
import dev.dovetail.ir.op.AttentionPattern;
import dev.dovetail.ir.tensor.TensorType;
import java.util.function.LongToDoubleFunction;

/**
 * Largest |got - wanted| / (|wanted| + size of its row); not a number where one is and the other is not.
 *
 * <p>A row is the whole tensor, its size the root mean square. What attention returns for one position and head is a row of
 * its own: an early position averages few values and a late one thousands, so that sizes differ by an order of magnitude
 * along the sequence, and what is rounding at one end would be a mistake at the other. Exact rows can be nearly nothing (the
 * gradient of a query that sees one key), so none counts as smaller than {@value #SMALLEST_ROW} of the tensor's size.
 */
final class LargestError {
    private static final double SMALLEST_ROW = 1.0 / 4;

    private final LongToDoubleFunction got;
    private final LongToDoubleFunction wanted;

    private LargestError(LongToDoubleFunction got, LongToDoubleFunction wanted) {
        this.got = got;
        this.wanted = wanted;
    }

    /**
     * The error of one result.
     *
     * @param type the result as it was compared, with {@code type.elements()} elements
     */
    static double of(KernelWork work, TensorType type, LongToDoubleFunction got, LongToDoubleFunction wanted) {
        var error = new LargestError(got, wanted);
        long elements = type.elements();
        long row = rowElements(work, type);
        double whole = error.size(0, elements);
        double worst = 0;
        for (long from = 0; from < elements && !Double.isNaN(worst); from += row) {
            double size = row == elements ? whole : Math.max(error.size(from, from + row), whole * SMALLEST_ROW);
            worst = error.worst(from, from + row, size + Double.MIN_NORMAL, worst);
        }
        return worst;
    }

    private static long rowElements(KernelWork work, TensorType type) {
        boolean attention =
                work instanceof KernelWork.OperatorWork o && (o.op() instanceof Attend || o.op() instanceof AttendGrad);
        return attention && type.has(AttentionPattern.HEAD_DIM)
                ? type.dims().getLast().bound()
                : Math.max(1, type.elements());
    }

    /** Root mean square of what is finite. */
    private double size(long from, long to) {
        double squares = 0;
        long finite = 0;
        for (long i = from; i < to; i++) {
            double value = wanted.applyAsDouble(i);
            if (Double.isFinite(value)) {
                squares += value * value;
                finite++;
            }
        }
        return Math.sqrt(squares / Math.max(1, finite));
    }

    private double worst(long from, long to, double size, double soFar) {
        double worst = soFar;
        for (long i = from; i < to && !Double.isNaN(worst); i++) {
            double value = wanted.applyAsDouble(i);
            double other = got.applyAsDouble(i);
            double error = Double.compare(value, other) == 0 ? 0 : Math.abs(other - value) / (Math.abs(value) + size);
            worst = Double.isNaN(error) || error > worst ? error : worst;
        }
        return worst;
    }
}
