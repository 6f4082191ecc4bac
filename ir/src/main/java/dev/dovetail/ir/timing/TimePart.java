package dev.dovetail.ir.timing;

import dev.dovetail.ir.program.Instruction;
import dev.dovetail.ir.program.MeshShape;

/** Where a rank's time goes: the rows of a step's breakdown. */
public enum TimePart {
    COMPUTE,
    TENSOR_COMM,
    /** Tokens on their way to their experts and back, parts of experts on their way to tokens. */
    EXPERT_COMM,
    /** Handing over and taking in, and waiting for what is already on its way. */
    PIPELINE_COMM,
    DATA_COMM,
    /** Between a device and slower memory. */
    OFFLOAD,
    /** Waiting for samples that are not ready. */
    INPUT,
    /** Waiting for what nobody has sent yet, or for the slowest stage to end the step. */
    BUBBLE;

    static TimePart of(Instruction instruction) {
        return switch (instruction) {
            case Instruction.Exchange e -> ofAxis(e.op().axis());
            case Instruction.Begin b -> ofAxis(b.exchange().op().axis());
            case Instruction.Await a -> ofAxis(a.exchange().op().axis());
            case Instruction.FlatExchange e -> ofAxis(e.axis());
            case Instruction.TiedReduce t -> PIPELINE_COMM;
            case Instruction.Send s -> ofAxis(s.axis());
            case Instruction.Receive r -> ofAxis(r.axis());
            case Instruction.Compute c -> COMPUTE;
            case Instruction.Load l -> COMPUTE;
            case Instruction.RecordLoss r -> COMPUTE;
            case Instruction.Allocate a -> COMPUTE;
            case Instruction.Free f -> COMPUTE;
            case Instruction.Zero z -> COMPUTE;
            case Instruction.Update u -> COMPUTE;
            case Instruction.Move m -> OFFLOAD;
            case Instruction.Deliver d -> COMPUTE;
        };
    }

    private static TimePart ofAxis(String axis) {
        return switch (axis) {
            case MeshShape.PIPELINE -> PIPELINE_COMM;
            case MeshShape.EXPERT, MeshShape.EXPERT_TOKENS, MeshShape.EXPERT_WEIGHTS -> EXPERT_COMM;
            default -> MeshShape.holdsCopies(axis) ? DATA_COMM : TENSOR_COMM;
        };
    }
}
