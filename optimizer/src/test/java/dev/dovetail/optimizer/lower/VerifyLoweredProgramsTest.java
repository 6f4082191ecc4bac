package dev.dovetail.optimizer.lower;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.ir.block.ModelDefinition.Positions;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.op.MapOp;
import dev.dovetail.ir.op.Normalize.NormKind;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decision.Schedule;
import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.ir.plan.Recomputation;
import dev.dovetail.ir.program.Body;
import dev.dovetail.ir.program.Instruction;
import dev.dovetail.ir.program.Program;
import dev.dovetail.ir.program.RankClass;
import dev.dovetail.ir.scalar.Scalars;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.verify.ProgramVerifier;
import dev.dovetail.ir.verify.Rule;
import dev.dovetail.optimizer.pack.GreedyPacker;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Every legal plan of the nano model lowers to a program that keeps its promises. */
class VerifyLoweredProgramsTest {

    @Test
    void layerNormAndATiedTable() {
        verifyAll(NanoJob.job(NormKind.LAYER, Positions.LEARNED, true));
    }

    @Test
    void rmsNormAndRotaryPositions() {
        verifyAll(NanoJob.job(NormKind.RMS, Positions.ROPE, false));
    }

    @Test
    void theDecodeForm() {
        var job = NanoJob.job(NormKind.RMS, Positions.ROPE, true);
        var program = LowerDecode.lower(job.model(), 4, 16, ElementType.F32, new GreedyPacker());
        assertEquals(List.of(), ProgramVerifier.verify(program));
    }

    /** Tokens that travel while experts work: as many bytes in more pieces, and every way to touch one too early is found. */
    @Test
    void exchangesThatAreBegunAndAwaitedApart() {
        var job = NanoJob.mixture();
        var cache = new LayerCache(new GreedyPacker());
        Decisions plan = NanoJob.plan(1, 1, 4)
                .with(Decision.EXPERT, 2)
                .with(Decision.EXPERT_SHARD, 2)
                .with(Decision.SCHEDULE, Schedule.ZB_H1);
        Program whole = LowerPlan.lower(job, plan, cache);
        Program apart = LowerPlan.lower(job, plan.with(Decision.OVERLAP, 4), cache);
        assertEquals(List.of(), ProgramVerifier.verify(apart));
        assertEquals(bytesSent(whole), bytesSent(apart));
        assertEquals(
                Set.of(Rule.IN_FLIGHT),
                rules(apart, list -> list.removeIf(i -> i instanceof Instruction.Await a && a.ticket() == 1)));
        assertEquals(Set.of(Rule.IN_FLIGHT), rules(apart, list -> {
            Instruction await = list.stream()
                    .filter(i -> i instanceof Instruction.Await a && a.ticket() == 1)
                    .findFirst()
                    .orElseThrow();
            list.remove(await);
            list.add(await);
        }));
        assertTrue(rules(apart, list -> {
                    Instruction begin = list.stream()
                            .filter(i -> i instanceof Instruction.Begin b && b.ticket() == 1)
                            .findFirst()
                            .orElseThrow();
                    var exchange = ((Instruction.Begin) begin).exchange();
                    list.add(
                            list.indexOf(begin) + 1,
                            new Instruction.Compute(
                                    new MapOp(
                                            Scalars.constant(0),
                                            exchange.operand().type()),
                                    List.of(),
                                    List.of(exchange.operand()),
                                    Map.of()));
                })
                .contains(Rule.IN_FLIGHT));
    }

    private static double bytesSent(Program program) {
        return program.classes().getFirst().bodies().stream()
                .flatMap(body -> body.instructions().stream())
                .mapToDouble(instruction -> switch (instruction) {
                    case Instruction.Exchange e -> e.op().bytesSent(e.operand().type());
                    case Instruction.Begin b ->
                        b.exchange().op().bytesSent(b.exchange().operand().type());
                    default -> 0;
                })
                .sum();
    }

    /** What a change to the bodies that begin exchanges breaks. */
    private static Set<Rule> rules(Program program, Consumer<List<Instruction>> change) {
        RankClass rank = program.classes().getFirst();
        var bodies = rank.bodies().stream()
                .map(body -> {
                    var instructions = new ArrayList<>(body.instructions());
                    boolean begins = instructions.stream().anyMatch(i -> i instanceof Instruction.Begin);
                    if (begins) {
                        change.accept(instructions);
                    }
                    return new Body(body.name(), body.activity(), body.parameters(), instructions);
                })
                .toList();
        var changed = new Program(
                program.name(),
                program.mesh(),
                program.element(),
                program.microbatches(),
                program.microbatch(),
                program.sequence(),
                List.of(rank.withBodies(bodies)));
        return ProgramVerifier.verify(changed).stream()
                .map(violation -> violation.rule())
                .collect(Collectors.toSet());
    }

    private static void verifyAll(TrainJob job) {
        var cache = new LayerCache(new GreedyPacker());
        var broken = new ArrayList<String>();
        for (Decisions plan : plans()) {
            var violations = ProgramVerifier.verify(LowerPlan.lower(job, plan, cache));
            violations.forEach(violation -> broken.add(plan + ": " + violation));
        }
        assertEquals("", String.join("\n", broken));
    }

    /** Every combination but for recomputation, which takes turns. */
    private static List<Decisions> plans() {
        var plans = new ArrayList<Decisions>();
        for (int tensor : new int[] {1, 4}) {
            for (int pipeline : new int[] {1, 2, 4}) {
                for (int data : new int[] {1, 2}) {
                    for (var shard : Decision.Shard.values()) {
                        for (Schedule schedule : Schedule.values()) {
                            Decision.Recompute recompute =
                                    Decision.Recompute.values()[plans.size() % Decision.Recompute.values().length];
                            addPlan(
                                    plans,
                                    NanoJob.plan(tensor, pipeline, data)
                                            .with(Decision.SHARD, shard)
                                            .with(Decision.RECOMPUTE, Recomputation.of(recompute))
                                            .with(Decision.SCHEDULE, schedule));
                        }
                    }
                }
            }
        }
        for (var shard : List.of(Decision.Shard.OPTIMIZER, Decision.Shard.GRADIENTS, Decision.Shard.PARAMETERS)) {
            plans.add(NanoJob.plan(1, 2, 4).with(Decision.SHARD, shard).with(Decision.SHARD_GROUP, 2));
        }
        return plans;
    }

    private static void addPlan(List<Decisions> plans, Decisions plan) {
        boolean interleaved = plan.get(Decision.SCHEDULE) == Schedule.INTERLEAVED
                || plan.get(Decision.SCHEDULE).isV();
        boolean shardsNothing = plan.get(Decision.SHARD) == Decision.Shard.NONE;
        if (plan.get(Decision.DATA) == 1 && !shardsNothing) {
            return;
        }
        if (!interleaved) {
            plans.add(plan);
        } else if (plan.get(Decision.PIPELINE) == 2) {
            plans.add(plan.with(Decision.INTERLEAVE, 2));
        }
    }
}
