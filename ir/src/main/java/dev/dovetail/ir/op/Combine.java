package dev.dovetail.ir.op;

import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.reference.DoubleTensor;
import dev.dovetail.ir.reference.QueueReference;
import dev.dovetail.ir.reference.ReferenceEnvironment;
import dev.dovetail.ir.tensor.TensorType;
import java.util.List;
import java.util.Optional;

/**
 * Brings what the experts made of a token's copies back to the token, and adds it: the transpose of {@link Dispatch}. Operands:
 * y [experts, batch, capacity, width]; places I32 [sequence, batch, routes]; optionally gates like the places, which weigh
 * each copy. Result: [sequence, batch, width]; a token without a place gets zero.
 *
 * @param experts dim of y that counts the experts a rank holds
 * @param start launch symbol of the first expert a rank holds
 * @param stretch first place of the stretch of each queue that y is; empty where it is all of them
 */
public record Combine(String experts, Optional<String> start, Optional<Long> stretch) implements Op {

    public Combine(String experts, Optional<String> start) {
        this(experts, start, Optional.empty());
    }

    /** Of y that begins with the place {@code first} of each queue. */
    public Combine stretch(long first) {
        return new Combine(experts, start, Optional.of(first));
    }

    @Override
    public String label() {
        return "combine";
    }

    @Override
    public List<TensorType> results(List<TensorType> operands) {
        TensorType y = operands.get(0);
        TensorType places = operands.get(1);
        if (y.dims().size() != 4 || !y.dims().getFirst().name().equals(experts)) {
            throw new ShapeException("combine over " + experts + " of " + y);
        }
        TensorType result = new TensorType(
                y.element(),
                List.of(places.dims().get(0), places.dims().get(1), y.dims().get(3)));
        Queues.check(result, operands.subList(1, operands.size()));
        return List.of(result);
    }

    /** A multiply-add for each element of the queues. */
    @Override
    public double flops(List<TensorType> operands) {
        return 2.0 * operands.getFirst().elements();
    }

    @Override
    public Splitting splitting(String dim) {
        return Queues.splitting(dim, experts);
    }

    @Override
    public Op shard(String dim, String shardStart) {
        return dim.equals(experts) ? new Combine(experts, Optional.of(shardStart), stretch) : this;
    }

    @Override
    public List<Optional<Value>> backward(BackwardContext context) {
        Value gradient = context.gradient(0).orElseThrow();
        Value y = context.operand(0);
        Value places = context.operand(1);
        Value gates = context.operand(2);
        var dispatch = new Dispatch(y.type().dim(experts), y.type().dims().get(2), start, stretch);
        return List.of(
                Optional.of(context.emitOne(dispatch, gradient, places, gates)),
                Optional.empty(),
                Optional.of(context.emitOne(new GateGrad(experts, start, stretch), gradient, y, places)));
    }

    @Override
    public List<DoubleTensor> reference(List<DoubleTensor> operands, ReferenceEnvironment environment) {
        return List.of(QueueReference.of(environment, start, stretch)
                .combine(
                        operands,
                        results(operands.stream().map(DoubleTensor::type).toList())
                                .getFirst()));
    }
}
