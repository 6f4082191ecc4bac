package dev.dovetail.ir.program;

import dev.dovetail.ir.graph.Input;
import dev.dovetail.ir.job.Precision;
import dev.dovetail.ir.op.Communication;
import dev.dovetail.ir.op.Op;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.tensor.ElementType;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** One thing a rank does. */
public sealed interface Instruction {

    /**
     * Runs a core operator on the rank's own memory.
     *
     * @param symbols launch symbols of the operator that are whole numbers (first positions of shards); symbols not listed
     *     come from the step ({@link StepSymbol})
     */
    record Compute(Op op, List<Buffer> operands, List<Buffer> results, Map<String, IndexExpr> symbols)
            implements Instruction {
        public Compute {
            operands = List.copyOf(operands);
            results = List.copyOf(results);
            symbols = Collections.unmodifiableMap(new LinkedHashMap<>(symbols));
        }
    }

    /** Exchanges a tensor with the ranks along an axis of the mesh; operand and result may be the same buffer. */
    record Exchange(Communication op, Buffer operand, Buffer result) implements Instruction {}

    /**
     * Begins an exchange and goes on while bytes travel: until it is awaited its operand is not written, its result neither read nor
     * written, and neither freed. Never waits for another rank.
     *
     * @param ticket what tells exchanges of a body from each other
     */
    record Begin(Exchange exchange, int ticket) implements Instruction {
        public Begin {
            if (!exchange.op().kind().isOneRound()) {
                throw new IllegalArgumentException(exchange.op().label() + " cannot be begun and awaited apart");
            }
        }
    }

    /** Waits until an exchange that this body began has ended. */
    record Await(Exchange exchange, int ticket) implements Instruction {}

    /**
     * Reduces or gathers a flat stretch of memory over an axis, cut into one equal chunk a rank.
     *
     * @param whole the undivided stretch: {@code elements} elements, a multiple of {@code ways}
     * @param shard this rank's chunk; inside {@code whole}, or apart from it
     */
    record FlatExchange(
            Communication.Kind kind,
            String axis,
            int ways,
            ElementType element,
            MemoryPart part,
            IndexExpr whole,
            IndexExpr shard,
            long elements)
            implements Instruction {

        /** Bytes one rank sends. */
        public double bytesSent() {
            double share = (double) elements * element.bytes() * (ways - 1) / ways;
            return kind == Communication.Kind.ALL_REDUCE ? 2 * share : share;
        }
    }

    /** Sums a flat stretch over the ranks of named pipeline stages that hold the same (tied) parameter. */
    record TiedReduce(List<Integer> stages, ElementType element, MemoryPart part, IndexExpr offset, long elements)
            implements Instruction {
        public TiedReduce {
            stages = List.copyOf(stages);
        }
    }

    /** Hands a tensor to the rank {@code distance} further along an axis, wrapping around; never waits. */
    record Send(Buffer buffer, String axis, int distance, Channel channel, IndexExpr tag) implements Instruction {}

    /** Waits for a tensor from the rank {@code distance} further along an axis. */
    record Receive(Buffer buffer, String axis, int distance, Channel channel, IndexExpr tag) implements Instruction {}

    /** What a message between stages carries; messages of different channels never meet. */
    enum Channel {
        ACTIVATION,
        GRADIENT
    }

    /**
     * Writes the micro-batch's token ids, positions or targets, I32 [sequence, batch].
     *
     * @param ahead how many tokens further than the source itself
     */
    record Load(Input.Source source, int ahead, Buffer buffer, IndexExpr microbatch) implements Instruction {}

    /** Adds each token's loss to the step's sum. */
    record RecordLoss(Buffer losses, IndexExpr microbatch) implements Instruction {}

    /**
     * Copies a stretch between the arena and slower memory beside it, whose addresses follow the arena's.
     *
     * @param far as many bytes as {@code near}
     * @param fetches whether it comes into the arena
     */
    record Move(Buffer near, Buffer far, boolean fetches, Decision.Tier tier) implements Instruction {
        public Buffer from() {
            return fetches ? far : near;
        }

        public Buffer to() {
            return fetches ? near : far;
        }

        public double bytes() {
            return near.type().bytes();
        }
    }

    /** From here on this stretch holds something. */
    record Allocate(Buffer buffer) implements Instruction {}

    /** From here on it does not. */
    record Free(Buffer buffer) implements Instruction {}

    /** Sets a flat stretch to zero. */
    record Zero(MemoryPart part, ElementType element, IndexExpr offset, long elements) implements Instruction {}

    /**
     * One AdamW step on a flat stretch of a parameter block.
     *
     * @param precision how weights, gradients and moments are stored
     * @param master the optimizer's own exact weights, where {@code precision} has them
     * @param elements how many parameters
     */
    record Update(
            Precision precision,
            IndexExpr parameters,
            IndexExpr gradients,
            IndexExpr firstMoment,
            IndexExpr secondMoment,
            Optional<IndexExpr> master,
            long elements)
            implements Instruction {}

    /** Hands a decoding step's logits, [sequence, batch, vocab], to whoever asked for the next token. */
    record Deliver(Buffer logits) implements Instruction {}

    /** Names of launch symbols that the step itself provides. */
    enum StepSymbol {
        /** 1 / tokens of the global batch. */
        LOSS_SCALE(Op.LOSS_SCALE),
        /** Position of the first fresh token, when decoding. */
        START("start"),
        /** How many fresh tokens this call takes, when decoding. */
        TOKENS("tokens");

        private final String symbol;

        StepSymbol(String symbol) {
            this.symbol = symbol;
        }

        public String symbol() {
            return symbol;
        }
    }
}
