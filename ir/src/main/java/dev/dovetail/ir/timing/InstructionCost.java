package dev.dovetail.ir.timing;

import dev.dovetail.ir.program.Instruction;
import dev.dovetail.ir.program.RankClass;
import dev.dovetail.ir.units.Seconds;

/** What a rank pays for each instruction; asked once for each instruction of each body, never once a micro-batch. */
public interface InstructionCost {

    /**
     * Time the rank itself is busy. An exchange includes waiting for its peers, which arrive together; a send is the time to
     * hand the tensor over, a receive the time to take in what has already arrived. Allocate and free are never asked for.
     */
    Seconds seconds(RankClass rank, Instruction instruction);

    /** Time from the end of a send until its receiver can have the tensor: latency and bytes over bandwidth. */
    Seconds flight(RankClass sender, Instruction.Send send);
}
