package dev.dovetail.optimizer.search;

import dev.dovetail.ir.job.ProductFormats;
import dev.dovetail.ir.program.Instruction;
import dev.dovetail.ir.program.MeshShape;
import dev.dovetail.ir.program.RankClass;
import dev.dovetail.ir.timing.InstructionCost;
import dev.dovetail.ir.units.Seconds;
import dev.dovetail.optimizer.cost.CostModel;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Plans call the bodies of one cache: what one takes on a mesh at a clock is asked once. */
final class PricedBodies {
    private final CostModel costs;
    private final Map<Place, InstructionCost> prices = new HashMap<>();

    private record Place(MeshShape mesh, int clock, List<Integer> nodes, Optional<ProductFormats> formats) {}

    PricedBodies(CostModel costs) {
        this.costs = costs;
    }

    /**
     * @param nodes by stage; empty where all are alike
     * @param formats what linear layers multiply in, where that is a decision
     */
    InstructionCost of(MeshShape mesh, int clock, List<Integer> nodes, Optional<ProductFormats> formats) {
        return prices.computeIfAbsent(
                new Place(mesh, clock, nodes, formats),
                place -> new Remembering(
                        formats.map(costs::multiplying).orElse(costs).cost(mesh, clock, nodes),
                        !nodes.isEmpty(),
                        new HashMap<>()));
    }

    /**
     * @param byStage whether stages run on devices of their own
     * @param known seconds of a body's instructions, by stage and body
     */
    private record Remembering(
            InstructionCost cost, boolean byStage, Map<Integer, Map<List<Instruction>, double[]>> known)
            implements InstructionCost {
        @Override
        public Seconds seconds(RankClass rank, Instruction instruction) {
            return cost.seconds(rank, instruction);
        }

        @Override
        public double[] seconds(RankClass rank, List<Instruction> body) {
            return known.computeIfAbsent(byStage ? rank.stage() : 0, any -> new IdentityHashMap<>())
                    .computeIfAbsent(body, any -> cost.seconds(rank, body));
        }

        @Override
        public Seconds flight(RankClass sender, Instruction.Send send) {
            return cost.flight(sender, send);
        }
    }
}
