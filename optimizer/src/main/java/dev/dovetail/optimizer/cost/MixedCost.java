package dev.dovetail.optimizer.cost;

import dev.dovetail.ir.program.Instruction;
import dev.dovetail.ir.program.RankClass;
import dev.dovetail.ir.timing.InstructionCost;
import dev.dovetail.ir.units.Seconds;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Stages on nodes of different kinds: each pays what its own devices take, and what travels between two kinds leaves the one
 * node and enters the other at the pace of the slower network card.
 *
 * @param kinds what a rank pays on each kind of node
 * @param nodes by stage, its kind of node, from 1
 */
record MixedCost(List<DeviceCost> kinds, List<Integer> nodes) implements InstructionCost {

    MixedCost {
        kinds = List.copyOf(kinds);
        nodes = List.copyOf(nodes);
    }

    private DeviceCost at(int stage) {
        return kinds.get(nodes.get(Math.floorMod(stage, nodes.size())) - 1);
    }

    @Override
    public Seconds seconds(RankClass rank, Instruction instruction) {
        return Seconds.of(between(
                rank, instruction, at(rank.stage()).seconds(rank, instruction).value()));
    }

    @Override
    public double[] seconds(RankClass rank, List<Instruction> body) {
        double[] seconds = at(rank.stage()).seconds(rank, body);
        return IntStream.range(0, seconds.length)
                .mapToDouble(i -> between(rank, body.get(i), seconds[i]))
                .toArray();
    }

    @Override
    public Seconds flight(RankClass sender, Instruction.Send send) {
        DeviceCost here = at(sender.stage());
        DeviceCost there = at(sender.stage() + send.distance());
        return here == there || here.waitsForMessages()
                ? here.flight(sender, send)
                : here.abroad(there, send.buffer().type().bytes());
    }

    @Override
    public double besideWork() {
        return kinds.getFirst().besideWork();
    }

    /** @param inside seconds if all it meets were on nodes like its own */
    private double between(RankClass rank, Instruction instruction, double inside) {
        if (instruction instanceof Instruction.Receive r) {
            DeviceCost here = at(rank.stage());
            DeviceCost there = at(rank.stage() + r.distance());
            return here == there || !here.waitsForMessages()
                    ? inside
                    : here.abroad(there, r.buffer().type().bytes()).value();
        }
        if (instruction instanceof Instruction.TiedReduce t) {
            DeviceCost first = at(t.stages().getFirst());
            DeviceCost last = at(t.stages().getLast());
            double bytes = (double) t.elements() * t.element().bytes();
            return first == last ? inside : first.abroad(last, bytes).value();
        }
        return inside;
    }
}
