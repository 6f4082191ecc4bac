package dev.dovetail.ir.op;

import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.reference.DoubleTensor;
import dev.dovetail.ir.reference.IndexSpace;
import dev.dovetail.ir.reference.ReferenceEnvironment;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;

/**
 * Contraction of two tensors by dim name: dims in both operands and in the result are batched, dims in both but not in the
 * result are summed over, the rest are the rows (M) of the left and the columns (N) of the right operand.
 *
 * @param resultDims names of the result's dims, in storage order
 */
public record MatMul(List<String> resultDims) implements Op {

    public MatMul {
        resultDims = List.copyOf(resultDims);
    }

    @Override
    public String label() {
        return "matmul";
    }

    /** Names summed over, in the left operand's order. */
    public List<String> contracted(TensorType left, TensorType right) {
        return left.names().stream()
                .filter(name -> right.has(name) && !resultDims.contains(name))
                .toList();
    }

    @Override
    public List<TensorType> results(List<TensorType> operands) {
        TensorType left = operands.get(0);
        TensorType right = operands.get(1);
        var dims = new LinkedHashMap<String, Dim>();
        for (TensorType operand : operands) {
            for (Dim dim : operand.dims()) {
                Dim known = dims.putIfAbsent(dim.name(), dim);
                if (known != null && known.bound() != dim.bound()) {
                    throw new ShapeException("matmul of " + left + " and " + right + ": " + known + " meets " + dim);
                }
            }
        }
        if (!dims.keySet().containsAll(resultDims)) {
            throw new ShapeException("matmul of " + left + " and " + right + " cannot give dims " + resultDims);
        }
        for (String name : dims.keySet()) {
            if (!resultDims.contains(name) && !(left.has(name) && right.has(name))) {
                throw new ShapeException("matmul of " + left + " and " + right + " drops " + name + " unsummed");
            }
        }
        return List.of(new TensorType(
                left.element(), resultDims.stream().map(dims::get).toList()));
    }

    @Override
    public double flops(List<TensorType> operands) {
        double result = results(operands).getFirst().elements();
        for (String name : contracted(operands.get(0), operands.get(1))) {
            result *= operands.get(0).dim(name).bound();
        }
        return 2 * result;
    }

    @Override
    public Splitting splitting(String dim) {
        return Splitting.SUM;
    }

    @Override
    public List<Optional<Value>> backward(BackwardContext context) {
        Value gradient = context.gradient(0).orElseThrow();
        var gradients = new ArrayList<Optional<Value>>();
        for (int i = 0; i < 2; i++) {
            Value other = context.operand(1 - i);
            var dims = context.operand(i).type().names();
            gradients.add(
                    context.wants(i)
                            ? Optional.of(context.emitOne(
                                    new MatMul(dims), i == 0 ? gradient : other, i == 0 ? other : gradient))
                            : Optional.empty());
        }
        return gradients;
    }

    @Override
    public List<DoubleTensor> reference(List<DoubleTensor> operands, ReferenceEnvironment environment) {
        TensorType left = operands.get(0).type();
        TensorType right = operands.get(1).type();
        TensorType type = results(List.of(left, right)).getFirst();
        var batch = new ArrayList<Dim>();
        var rows = new ArrayList<Dim>();
        var columns = new ArrayList<Dim>();
        for (Dim dim : type.dims()) {
            (left.has(dim.name()) ? right.has(dim.name()) ? batch : rows : columns).add(dim);
        }
        var summed = left.select(contracted(left, right));
        double[] product = product(
                IndexSpace.over(joined(batch, rows, summed)).spread(operands.get(0)),
                IndexSpace.over(joined(batch, summed, columns)).spread(operands.get(1)),
                IndexSpace.over(rows).size(),
                IndexSpace.over(columns).size(),
                IndexSpace.over(summed).size());
        return List.of(IndexSpace.over(joined(batch, rows, columns)).gather(product, type));
    }

    private static List<Dim> joined(List<Dim> first, List<Dim> second, List<Dim> third) {
        var all = new ArrayList<>(first);
        all.addAll(second);
        all.addAll(third);
        return all;
    }

    /** Of [batch, m, k] and [batch, k, n], [batch, m, n]. */
    private static double[] product(double[] left, double[] right, int m, int n, int k) {
        int rows = left.length / k;
        double[] product = new double[rows * n];
        for (int row = 0; row < rows; row++) {
            int matrix = row / m;
            for (int i = 0; i < k; i++) {
                double x = left[row * k + i];
                for (int j = 0; j < n; j++) {
                    product[row * n + j] += x * right[(matrix * k + i) * n + j];
                }
            }
        }
        return product;
    }
}
