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
        DoubleTensor left = operands.get(0);
        DoubleTensor right = operands.get(1);
        DoubleTensor result =
                DoubleTensor.zeros(results(List.of(left.type(), right.type())).getFirst());
        var summed = left.type().select(contracted(left.type(), right.type()));
        var all = new ArrayList<>(result.type().dims());
        all.addAll(summed);
        IndexSpace.over(all)
                .forEachPlace(
                        List.of(result.type(), left.type(), right.type()),
                        (at, point) -> result.values()[at[0]] += left.values()[at[1]] * right.values()[at[2]]);
        return List.of(result);
    }
}
