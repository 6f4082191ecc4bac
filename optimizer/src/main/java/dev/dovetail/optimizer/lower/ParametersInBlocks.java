package dev.dovetail.optimizer.lower;

import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.op.Communication;
import dev.dovetail.ir.plan.Decision.Shard;
import dev.dovetail.ir.program.Buffer;
import dev.dovetail.ir.program.IndexExpr;
import dev.dovetail.ir.program.Instruction;
import dev.dovetail.ir.program.MemoryPart;
import dev.dovetail.ir.shard.LocalGraph;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.TensorType;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A layer's parameters where a body reads them: in their blocks, or brought there from where they lie beside the arena and from the
 * ranks that share them.
 */
record ParametersInBlocks(LayerSettings settings, List<ParameterBlock> blocks) {

    /** Places parameters in their blocks; sharded ones are gathered from the ranks that share them first. */
    void place(BodyBuilder builder, LocalGraph local) {
        var byName = new HashMap<String, Value>();
        local.graph().parameters().forEach(p -> byName.put(p.name(), p.value()));
        for (ParameterBlock block : blocks) {
            boolean isRead = block.members().stream()
                    .anyMatch(m -> byName.containsKey(m.parameter().name()));
            if (!isRead) {
                continue;
            }
            IndexExpr start = IndexExpr.variable(LayerBodies.WEIGHTS + block.suffix());
            Optional<Value> fetched =
                    settings.beside().what().weights() ? Optional.of(fetched(builder, block, start)) : Optional.empty();
            Optional<Value> whole = settings.shards(block, Shard.PARAMETERS)
                    ? Optional.of(gathered(builder, block, start, fetched))
                    : fetched;
            for (ParameterBlock.Member member : block.members()) {
                Value value = byName.get(member.parameter().name());
                if (value != null) {
                    long bytes = member.first() * value.type().element().bytes();
                    whole.ifPresentOrElse(
                            container -> builder.inside(value, container, bytes),
                            () -> builder.place(
                                    value,
                                    new Buffer(value.name(), value.type(), MemoryPart.PARAMETERS, start.plus(bytes))));
                }
            }
        }
    }

    /** What this rank keeps of a block comes into the arena, where it lies beside. */
    private Value fetched(BodyBuilder builder, ParameterBlock block, IndexExpr beside) {
        ElementType element = settings.precision().compute();
        TensorType type = BlockMemory.flat(element, BlockMemory.kept(block, settings, Shard.PARAMETERS));
        Value near = builder.scratch("fetched_weights" + block.suffix(), type);
        Buffer far = new Buffer("weights_beside" + block.suffix(), type, MemoryPart.PARAMETERS, beside);
        builder.step(List.of(near), places -> settings.beside().fetch(places.of(near), far));
        return near;
    }

    /** @param fetched this rank's shard, where it does not lie at {@code shard} in the arena */
    private Value gathered(BodyBuilder builder, ParameterBlock block, IndexExpr shard, Optional<Value> fetched) {
        ElementType element = settings.precision().compute();
        Value whole = builder.scratch("gathered_weights" + block.suffix(), BlockMemory.flat(element, block.elements()));
        builder.step(
                Stream.concat(fetched.stream(), Stream.of(whole)).toList(),
                places -> new Instruction.FlatExchange(
                        Communication.Kind.ALL_GATHER,
                        block.copies().axis(),
                        block.copies().ranks(),
                        element,
                        MemoryPart.PARAMETERS,
                        places.of(whole).offset(),
                        fetched.map(near -> places.of(near).offset()).orElse(shard),
                        block.elements()));
        return whole;
    }
}
