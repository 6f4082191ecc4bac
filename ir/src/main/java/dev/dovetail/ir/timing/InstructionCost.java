package dev.dovetail.ir.timing;

import dev.dovetail.ir.program.Instruction;
import dev.dovetail.ir.program.RankClass;
import dev.dovetail.ir.units.Seconds;
import java.util.List;

/** What a rank pays for each instruction; asked once for each instruction of each body, never once a micro-batch. */
public interface InstructionCost {

    /**
     * Time the rank itself is busy. Of an exchange that is begun it is how long that takes, whoever waits for it; awaiting it is
     * nothing. An exchange includes waiting for its peers, which arrive together; a send is the time to
     * hand the tensor over, a receive the time to take in what has already arrived. Allocate and free are never asked for.
     */
    Seconds seconds(RankClass rank, Instruction instruction);

    /**
     * Seconds of each instruction of a body, in order. What an exchange that was begun takes beside other work is not among them:
     * the instruction that awaits it has what is left of it by then. Where instructions share a kernel the first of them has its time; where
     * launching the body's kernels takes longer than running them, all are that much longer.
     */
    default double[] seconds(RankClass rank, List<Instruction> body) {
        double[] seconds = body.stream()
                .mapToDouble(i -> isFree(i) ? 0 : seconds(rank, i).value())
                .toArray();
        return Flights.awaited(body, seconds, besideWork());
    }

    /** Share of an exchange that goes on while the rank computes; the rest it spends on the exchange when it awaits it. */
    default double besideWork() {
        return 1;
    }

    private static boolean isFree(Instruction instruction) {
        return instruction instanceof Instruction.Allocate || instruction instanceof Instruction.Free;
    }

    /** Time from the end of a send until its receiver can have the tensor: latency and bytes over bandwidth. */
    Seconds flight(RankClass sender, Instruction.Send send);
}
