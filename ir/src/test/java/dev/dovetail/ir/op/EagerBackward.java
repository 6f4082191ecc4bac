package dev.dovetail.ir.op;

import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.reference.DoubleTensor;
import dev.dovetail.ir.reference.ReferenceEnvironment;
import dev.dovetail.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Runs an operator's derivative as it is written: every emitted operator is evaluated at once by its reference. */
final class EagerBackward implements BackwardContext {
    private final Map<Value, DoubleTensor> tensors = new HashMap<>();
    private final List<Value> operands = new ArrayList<>();
    private final List<Value> results = new ArrayList<>();
    private final List<Value> gradients = new ArrayList<>();
    private final List<Op> emitted = new ArrayList<>();
    private final ReferenceEnvironment environment;

    /** @param gradients one per result */
    EagerBackward(
            List<DoubleTensor> operands,
            List<DoubleTensor> results,
            List<DoubleTensor> gradients,
            ReferenceEnvironment environment) {
        this.environment = environment;
        operands.forEach(t -> this.operands.add(hold(t)));
        results.forEach(t -> this.results.add(hold(t)));
        gradients.forEach(t -> this.gradients.add(hold(t)));
    }

    private Value hold(DoubleTensor tensor) {
        Value value = new Value(tensors.size(), "v", tensor.type());
        tensors.put(value, tensor);
        return value;
    }

    DoubleTensor tensor(Value value) {
        return tensors.get(value);
    }

    @Override
    public int operandCount() {
        return operands.size();
    }

    @Override
    public Value operand(int index) {
        return operands.get(index);
    }

    @Override
    public Value result(int index) {
        return results.get(index);
    }

    @Override
    public Optional<Value> gradient(int index) {
        return index < gradients.size() ? Optional.of(gradients.get(index)) : Optional.empty();
    }

    @Override
    public boolean wants(int index) {
        return operands.get(index).type().element().isFloating();
    }

    /** Operators of the derivative, in order. */
    List<Op> emitted() {
        return emitted;
    }

    @Override
    public List<Value> emit(Op op, Value... reads) {
        emitted.add(op);
        var inputs = List.of(reads).stream().map(tensors::get).toList();
        List<TensorType> declared =
                op.results(inputs.stream().map(DoubleTensor::type).toList());
        var outputs = op.reference(inputs, environment);
        var values = new ArrayList<Value>();
        for (int i = 0; i < outputs.size(); i++) {
            if (!outputs.get(i).type().equals(declared.get(i))) {
                throw new IllegalStateException(op + " declares " + declared.get(i) + " and computes "
                        + outputs.get(i).type());
            }
            values.add(hold(outputs.get(i)));
        }
        return values;
    }
}
