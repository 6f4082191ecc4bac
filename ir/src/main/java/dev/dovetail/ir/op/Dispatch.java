package dev.dovetail.ir.op;

import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.reference.DoubleTensor;
import dev.dovetail.ir.reference.QueueReference;
import dev.dovetail.ir.reference.ReferenceEnvironment;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.Extent;
import dev.dovetail.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Copies each token into the queues of its experts: a sparse scatter, as Tutel's fast encode. Operands: x [sequence, batch,
 * width]; places I32 [sequence, batch, routes] of a {@link Route}; optionally gates like the places, which then scale each
 * copy. Result: [experts, batch, capacity, width]; empty places hold zero.
 *
 * @param experts the result's first dim; a rank's own experts where they are split
 * @param capacity places of an expert for each sequence
 * @param start launch symbol of the first expert a rank holds
 * @param stretch first place of the stretch of each queue that this is; empty where it is all of them
 */
public record Dispatch(Dim experts, Dim capacity, Optional<String> start, Optional<Long> stretch) implements Op {

    public Dispatch(Dim experts, Dim capacity, Optional<String> start) {
        this(experts, capacity, start, Optional.empty());
    }

    /** Of each queue, {@code places} from {@code first} on. */
    public Dispatch stretch(long first, long places) {
        return new Dispatch(experts, Dim.of(capacity.name(), places), start, Optional.of(first));
    }

    @Override
    public String label() {
        return "dispatch";
    }

    @Override
    public List<TensorType> results(List<TensorType> operands) {
        TensorType x = operands.get(0);
        Queues.check(x, operands.subList(1, operands.size()));
        return List.of(new TensorType(
                x.element(),
                List.of(experts, x.dims().get(1), capacity, x.dims().get(2))));
    }

    @Override
    public double flops(List<TensorType> operands) {
        return operands.size() < 3 ? 0 : results(operands).getFirst().elements();
    }

    @Override
    public Splitting splitting(String dim) {
        return Queues.splitting(dim, experts.name());
    }

    @Override
    public Op shard(String dim, String shardStart) {
        return dim.equals(experts.name()) ? new Dispatch(experts, capacity, Optional.of(shardStart), stretch) : this;
    }

    @Override
    public Op withExtent(String name, Extent extent) {
        return name.equals(experts.name())
                ? new Dispatch(new Dim(name, extent), capacity, start, stretch)
                : name.equals(capacity.name()) ? new Dispatch(experts, new Dim(name, extent), start, stretch) : this;
    }

    /** Each token gathers the gradients of its copies. */
    @Override
    public List<Optional<Value>> backward(BackwardContext context) {
        Value gradient = context.gradient(0).orElseThrow();
        Value places = context.operand(1);
        var gradients = new ArrayList<Optional<Value>>();
        gradients.add(Optional.of(context.emitOne(new Combine(experts.name(), start, stretch), gradient, places)));
        gradients.add(Optional.empty());
        return gradients;
    }

    @Override
    public List<DoubleTensor> reference(List<DoubleTensor> operands, ReferenceEnvironment environment) {
        return List.of(QueueReference.of(environment, start, stretch)
                .dispatch(
                        operands,
                        results(operands.stream().map(DoubleTensor::type).toList())
                                .getFirst()));
    }
}
