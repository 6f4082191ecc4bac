package dev.dovetail.ir.graph;

import dev.dovetail.ir.op.Op;
import dev.dovetail.ir.tensor.TensorType;
import java.util.List;

/** One operator applied to values. */
public record Node(Op op, List<Value> operands, List<Value> results) {

    public Node {
        operands = List.copyOf(operands);
        results = List.copyOf(results);
    }

    public List<TensorType> operandTypes() {
        return operands.stream().map(Value::type).toList();
    }

    public double flops() {
        return op.flops(operandTypes());
    }
}
