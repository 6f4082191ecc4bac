package dev.dovetail.ir.op;

import dev.dovetail.ir.graph.Value;
import java.util.List;
import java.util.Optional;

/** What an operator sees while it writes its own derivative. */
public interface BackwardContext {
    int operandCount();

    Value operand(int index);

    Value result(int index);

    /** The gradient flowing into result {@code index}; empty where nothing downstream depends on it. */
    Optional<Value> gradient(int index);

    /** Whether anyone asks for the gradient of operand {@code index}. */
    boolean wants(int index);

    /** Adds a node to the backward graph. */
    List<Value> emit(Op op, Value... operands);

    default Value emitOne(Op op, Value... operands) {
        return emit(op, operands).getFirst();
    }
}
