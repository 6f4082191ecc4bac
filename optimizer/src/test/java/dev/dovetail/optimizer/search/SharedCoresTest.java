package dev.dovetail.optimizer.search;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.dovetail.ir.calibration.MachineProfile;
import dev.dovetail.ir.calibration.MachineProfile.KernelLaw;
import dev.dovetail.ir.cluster.Cluster;
import dev.dovetail.ir.cluster.Device;
import dev.dovetail.ir.job.Objective;
import dev.dovetail.ir.job.Precision;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.plan.Plan;
import dev.dovetail.ir.plan.PlanOutcome;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.units.Bytes;
import dev.dovetail.ir.units.BytesPerSecond;
import dev.dovetail.ir.units.FlopsPerSecond;
import dev.dovetail.ir.units.Watts;
import dev.dovetail.optimizer.cost.CostModel;
import dev.dovetail.optimizer.cost.MeasuredCost;
import dev.dovetail.optimizer.cost.MissingFigureException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Ranks as slots of one machine, priced by measured laws. */
class SharedCoresTest {
    private static final List<String> KERNELS = List.of(
            "matmul_nn",
            "matmul_nt",
            "matmul_tn",
            "matmul_tt",
            "map",
            "reduce_inner",
            "reduce_outer",
            "layernorm",
            "layernorm_grad",
            "attend_causal",
            "attend_grad_causal",
            "gather",
            "scatter_add",
            "update",
            "zero");

    private static MachineProfile profile(SplittableRandom random, List<String> kernels) {
        var laws = new ArrayList<KernelLaw>();
        for (String kernel : kernels) {
            double first = 1e-9 * (1 + random.nextDouble());
            // Workloads have at least one term of their own and a launch.
            laws.add(new KernelLaw(
                    kernel, ElementType.F32, List.of("first"), List.of(first), 0.1, 1 + random.nextDouble() / 4));
        }
        return new MachineProfile(
                "toy",
                2,
                1L << 34,
                "2026-01-01",
                List.of(new MachineProfile.Ceiling(ElementType.F32, 1e9)),
                1e9,
                new MachineProfile.Drive("a toy", 1 << 20, true, 1e9, 5e8),
                new MachineProfile.MessageCost(1e-6, 1e-10, 1e-10),
                1e-7,
                laws,
                MachineProfile.Conditions.QUIET);
    }

    private static TrainJob job(int seed) {
        var random = new SplittableRandom(seed);
        int workers = random.nextInt(1, 5);
        var device = new Device(
                "slot",
                Bytes.of(random.nextInt(150_000, 900_000)),
                BytesPerSecond.of(1e9),
                Map.of(ElementType.F32, FlopsPerSecond.of(1e9)),
                1,
                Device.Family.OTHER,
                new Device.Power(Watts.of(0), Watts.of(0)),
                Optional.empty(),
                Optional.empty());
        Cluster one = Jobs.cluster(1, workers, device, 1e9, 1e9);
        Cluster here = new Cluster(
                one.name(),
                one.groups(),
                one.network(),
                one.grid(),
                one.failures(),
                Optional.of(new Cluster.ThisMachine(workers, 2)),
                one.inputHosts(),
                one.origin());
        TrainJob job =
                Jobs.job(Jobs.gpt(random.nextInt(1, 4), 32, 2, 32, 16), here, 4, Precision.uniform(ElementType.F32));
        // What lies outside the ranks' memory is not among the plans written down.
        return Jobs.asking(job, List.of(Objective.TIME), List.of())
                .with(job.fixed(), seed % 3 == 0 ? List.of("offload") : List.of("offload", "zero_bubble"));
    }

    @Test
    void agreesWithEveryPlanWrittenDownAndTimedOnSharedCores() {
        for (int seed = 0; seed < 9; seed++) {
            TrainJob job = job(seed);
            CostModel costs = MeasuredCost.model(profile(new SplittableRandom(seed), KERNELS));
            var everything = new BruteForce(job, costs);
            PlanOutcome outcome = Jobs.planner(costs).plan(job);
            if (everything.best().isEmpty()) {
                assertInstanceOf(PlanOutcome.Infeasible.class, outcome, "seed " + seed);
            } else {
                Plan plan = assertInstanceOf(PlanOutcome.Solved.class, outcome, "seed " + seed)
                        .plan();
                double best = everything.best().get();
                assertEquals(best, plan.predicted().step().value(), 1e-9 * best, "seed " + seed + plan.decisions());
            }
        }
    }

    @Test
    void saysWhichKernelWasNeverMeasured() {
        var profile = profile(new SplittableRandom(0), KERNELS.subList(0, KERNELS.size() - 1));
        var missing = assertThrows(
                MissingFigureException.class,
                () -> Jobs.planner(MeasuredCost.model(profile)).plan(job(0)));
        assertEquals(
                "this machine's profile has no law of zero in f32; `dovetail calibrate` measures it",
                missing.getMessage());
    }
}
