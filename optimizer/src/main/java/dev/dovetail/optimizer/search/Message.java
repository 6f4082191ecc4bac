package dev.dovetail.optimizer.search;

import dev.dovetail.ir.op.Communication;
import dev.dovetail.ir.op.Splitting;
import dev.dovetail.ir.program.Buffer;
import dev.dovetail.ir.program.IndexExpr;
import dev.dovetail.ir.program.Instruction;
import dev.dovetail.ir.program.MemoryPart;
import dev.dovetail.ir.program.MeshShape;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.TensorType;
import dev.dovetail.ir.timing.InstructionCost;
import java.util.Optional;

/** Seconds to hand a tensor to the next stage, to take it in, and between the two. */
record Message(double send, double receive, double flight) {
    static final Message NONE = new Message(0, 0, 0);

    Message plus(Message other) {
        return new Message(send + other.send, receive + other.receive, flight + other.flight);
    }

    Message least(Message other) {
        return new Message(
                Math.min(send, other.send), Math.min(receive, other.receive), Math.min(flight, other.flight));
    }

    double handling() {
        return send + receive;
    }

    /** @param distance stages to the receiver; 0 where a stage hands on to itself */
    static Message of(TensorType type, int distance, InstructionCost cost) {
        var buffer = new Buffer("stream", type, MemoryPart.WORKSPACE, IndexExpr.of(0));
        var channel = Instruction.Channel.ACTIVATION;
        var send = new Instruction.Send(buffer, MeshShape.PIPELINE, distance, channel, IndexExpr.of(0));
        var receive = new Instruction.Receive(buffer, MeshShape.PIPELINE, -distance, channel, IndexExpr.of(0));
        return new Message(
                cost.seconds(LayerFigureCache.ANY_RANK, send).value(),
                cost.seconds(LayerFigureCache.ANY_RANK, receive).value(),
                cost.flight(LayerFigureCache.ANY_RANK, send).value());
    }

    /** Each tensor rank sends its share of a tensor they all hold, and the receivers gather it (Narayanan et al. 2021, section 4.1). */
    static Message scattered(TensorType type, int ways, InstructionCost cost) {
        TensorType share = TensorType.of(type.element(), Dim.of("flat", type.elements() / ways));
        var gather = new Communication(
                Communication.Kind.ALL_GATHER, MeshShape.TENSOR, ways, Optional.of("flat"), Splitting.WHOLE);
        var buffer = new Buffer("stream", share, MemoryPart.WORKSPACE, IndexExpr.of(0));
        double gathering = cost.seconds(LayerFigureCache.ANY_RANK, new Instruction.Exchange(gather, buffer, buffer))
                .value();
        Message alone = of(share, 1, cost);
        return new Message(alone.send(), alone.receive() + gathering, alone.flight());
    }
}
