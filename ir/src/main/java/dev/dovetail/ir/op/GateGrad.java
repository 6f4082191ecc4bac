package dev.dovetail.ir.op;

import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.reference.DoubleTensor;
import dev.dovetail.ir.reference.QueueReference;
import dev.dovetail.ir.reference.ReferenceEnvironment;
import dev.dovetail.ir.tensor.TensorType;
import java.util.List;
import java.util.Optional;

/**
 * Gradient of the gates of a {@link Combine}: how well what an expert made of a token agrees with the gradient of the token's
 * sum. Operands: gradient [sequence, batch, width]; y [experts, batch, capacity, width]; places I32 [sequence, batch, routes].
 * Result: like the places, zero where a token has no place.
 *
 * @param experts dim of y that counts the experts a rank holds
 * @param start launch symbol of the first expert a rank holds
 * @param stretch first place of the stretch of each queue that y is; empty where it is all of them
 */
public record GateGrad(String experts, Optional<String> start, Optional<Long> stretch) implements Op {

    public GateGrad(String experts, Optional<String> start) {
        this(experts, start, Optional.empty());
    }

    @Override
    public String label() {
        return "gate_grad";
    }

    @Override
    public List<TensorType> results(List<TensorType> operands) {
        TensorType gradient = operands.get(0);
        TensorType places = operands.get(2);
        Queues.check(gradient, List.of(places));
        return List.of(places.withElement(gradient.element()));
    }

    @Override
    public double flops(List<TensorType> operands) {
        return 2.0 * operands.get(1).elements();
    }

    @Override
    public Splitting splitting(String dim) {
        return Queues.splitting(dim, experts);
    }

    @Override
    public Op shard(String dim, String shardStart) {
        return dim.equals(experts) ? new GateGrad(experts, Optional.of(shardStart), stretch) : this;
    }

    @Override
    public List<Optional<Value>> backward(BackwardContext context) {
        throw new IllegalStateException("second derivatives are not taken");
    }

    @Override
    public List<DoubleTensor> reference(List<DoubleTensor> operands, ReferenceEnvironment environment) {
        return List.of(QueueReference.of(environment, start, stretch)
                .gateGradient(
                        operands,
                        results(operands.stream().map(DoubleTensor::type).toList())
                                .getFirst()));
    }
}
