package dev.dovetail.ir.reference;

import dev.dovetail.ir.op.AttentionPattern;
import dev.dovetail.ir.tensor.Extent;
import dev.dovetail.ir.tensor.TensorType;
import java.util.List;

/** Attention and its gradient in plain float64, one score at a time. */
public final class AttentionReference {
    private final AttentionPattern pattern;
    private final long start;
    private final long headStart;

    public AttentionReference(AttentionPattern pattern, ReferenceEnvironment environment) {
        this.pattern = pattern;
        this.start = pattern.start().map(s -> (long) environment.symbol(s)).orElse(0L);
        this.headStart =
                pattern.headStart().map(s -> (long) environment.symbol(s)).orElse(0L);
    }

    /** Sizes shared by all loops; q is [queries, batch, heads, dim], k [keys, batch, kvHeads, dim], v with valueDim. */
    private record Sizes(int queries, int keys, int batch, int heads, int kvHeads, int dim, int valueDim) {
        int query(int i, int b, int h) {
            return ((i * batch + b) * heads + h) * dim;
        }

        int key(int j, int b, int h) {
            return ((j * batch + b) * kvHeads + h * kvHeads / heads) * dim;
        }

        int value(int j, int b, int h) {
            return key(j, b, h) / dim * valueDim;
        }

        int output(int i, int b, int h) {
            return row(i, b, h) * valueDim;
        }

        int row(int i, int b, int h) {
            return (i * batch + b) * heads + h;
        }
    }

    private interface RowVisitor {
        void visit(int query, int batch, int head);
    }

    private Sizes sizes(TensorType q, TensorType k, TensorType v) {
        int queries = (int) q.dim(pattern.queries()).bound();
        int keys = (int) k.dim(pattern.keys()).bound();
        int heads = (int) q.dim(AttentionPattern.HEADS).bound();
        int kvHeads = (int) AttentionPattern.kvHeads(k);
        int dim = (int) q.dim(AttentionPattern.HEAD_DIM).bound();
        int valueDim = (int) v.dim(AttentionPattern.HEAD_DIM).bound();
        int batch = (int) (q.elements() / ((long) queries * heads * dim));
        return new Sizes(queries, keys, batch, heads, kvHeads, dim, valueDim);
    }

    private static void rows(Sizes n, RowVisitor visitor) {
        for (int b = 0; b < n.batch(); b++) {
            for (int h = 0; h < n.heads(); h++) {
                for (int i = 0; i < n.queries(); i++) {
                    visitor.visit(i, b, h);
                }
            }
        }
    }

    private long position(Sizes n, int query) {
        return pattern.position(query, start, n.queries(), n.keys());
    }

    private boolean sees(Sizes n, int query, int key) {
        long position = position(n, query);
        // When decoding, the cache beyond the newest token holds nothing yet, whatever the mask.
        boolean written = pattern.start().isEmpty() || key <= position;
        return written && pattern.sees(position, key);
    }

    private double score(Sizes n, double[] q, double[] k, int i, int j, int b, int h) {
        double dot = 0;
        for (int d = 0; d < n.dim(); d++) {
            dot += q[n.query(i, b, h) + d] * k[n.key(j, b, h) + d];
        }
        double bias = pattern.alibiHeads() == 0 ? 0 : pattern.slope(headStart + h) * (j - position(n, i));
        return capped(dot * pattern.scale()) + bias;
    }

    private double capped(double score) {
        return pattern.cap() == 0 ? score : pattern.cap() * Math.tanh(score / pattern.cap());
    }

    /** Of the capped score: 1 - (score / cap)². */
    private double slopeOfCap(double scaled) {
        double share = pattern.cap() == 0 ? 0 : capped(scaled) / pattern.cap();
        return 1 - share * share;
    }

    /** q, k, v and perhaps sinks to o and the log-sums. */
    public List<DoubleTensor> forward(List<DoubleTensor> operands) {
        double[] q = operands.get(0).values();
        double[] k = operands.get(1).values();
        double[] v = operands.get(2).values();
        TensorType type = operands.get(0).type();
        Sizes n = sizes(type, operands.get(1).type(), operands.get(2).type());
        DoubleTensor o = DoubleTensor.zeros(type.withExtent(AttentionPattern.HEAD_DIM, Extent.of(n.valueDim())));
        DoubleTensor logSum = DoubleTensor.zeros(type.without(List.of(AttentionPattern.HEAD_DIM)));
        rows(n, (i, b, h) -> {
            double sink = operands.size() > 3 ? operands.get(3).values()[h] : Double.NEGATIVE_INFINITY;
            double[] scores = new double[n.keys()];
            double max = sink;
            for (int j = 0; j < n.keys(); j++) {
                scores[j] = sees(n, i, j) ? score(n, q, k, i, j, b, h) : Double.NEGATIVE_INFINITY;
                max = Math.max(max, scores[j]);
            }
            double sum = Math.exp(sink - max);
            for (double score : scores) {
                sum += Math.exp(score - max);
            }
            logSum.values()[n.row(i, b, h)] = max + Math.log(sum);
            for (int j = 0; j < n.keys(); j++) {
                double weight = Math.exp(scores[j] - max) / sum;
                for (int d = 0; d < n.valueDim(); d++) {
                    o.values()[n.output(i, b, h) + d] += weight == 0 ? 0 : weight * v[n.value(j, b, h) + d];
                }
            }
        });
        return List.of(o, logSum);
    }

    /** do, q, k, v, o, log-sums to dq, dk, dv. */
    public List<DoubleTensor> backward(List<DoubleTensor> operands) {
        double[] gradient = operands.get(0).values();
        double[] q = operands.get(1).values();
        double[] k = operands.get(2).values();
        double[] v = operands.get(3).values();
        double[] o = operands.get(4).values();
        double[] logSum = operands.get(5).values();
        Sizes n = sizes(
                operands.get(1).type(), operands.get(2).type(), operands.get(3).type());
        DoubleTensor dq = DoubleTensor.zeros(operands.get(1).type());
        DoubleTensor dk = DoubleTensor.zeros(operands.get(2).type());
        DoubleTensor dv = DoubleTensor.zeros(operands.get(3).type());
        rows(n, (i, b, h) -> {
            int at = n.query(i, b, h);
            int out = n.output(i, b, h);
            double delta = dot(gradient, out, o, out, n.valueDim());
            for (int j = 0; j < n.keys(); j++) {
                if (!sees(n, i, j)) {
                    continue;
                }
                int key = n.key(j, b, h);
                int value = n.value(j, b, h);
                double weight = Math.exp(score(n, q, k, i, j, b, h) - logSum[n.row(i, b, h)]);
                double scaled = dot(q, at, k, key, n.dim()) * pattern.scale();
                double inflow = weight * (dot(gradient, out, v, value, n.valueDim()) - delta);
                double slope = inflow * slopeOfCap(scaled) * pattern.scale();
                for (int d = 0; d < n.valueDim(); d++) {
                    dv.values()[value + d] += weight * gradient[out + d];
                }
                for (int d = 0; d < n.dim(); d++) {
                    dq.values()[at + d] += slope * k[key + d];
                    dk.values()[key + d] += slope * q[at + d];
                }
            }
        });
        return List.of(dq, dk, dv);
    }

    private static double dot(double[] a, int atA, double[] b, int atB, int length) {
        double sum = 0;
        for (int d = 0; d < length; d++) {
            sum += a[atA + d] * b[atB + d];
        }
        return sum;
    }
}
