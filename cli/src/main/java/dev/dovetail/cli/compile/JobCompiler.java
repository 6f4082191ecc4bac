package dev.dovetail.cli.compile;

import dev.dovetail.cli.CommandContext;
import dev.dovetail.cli.CommandFailure;
import dev.dovetail.cli.ExitStatus;
import dev.dovetail.cli.calibrate.Calibration;
import dev.dovetail.ir.block.BlockException;
import dev.dovetail.ir.calibration.MachineProfile;
import dev.dovetail.ir.cluster.Cluster;
import dev.dovetail.ir.job.Precision;
import dev.dovetail.ir.job.ProductFormats;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.ir.plan.Plan;
import dev.dovetail.ir.plan.PlanOutcome;
import dev.dovetail.ir.program.Program;
import dev.dovetail.ir.verify.ProgramVerifier;
import dev.dovetail.ir.verify.Violation;
import dev.dovetail.optimizer.cost.CostModel;
import dev.dovetail.optimizer.cost.DeviceConstants;
import dev.dovetail.optimizer.cost.MeasuredCost;
import dev.dovetail.optimizer.cost.MissingFigureException;
import dev.dovetail.optimizer.lower.LayerCache;
import dev.dovetail.optimizer.lower.LowerPlan;
import dev.dovetail.optimizer.pack.GreedyPacker;
import dev.dovetail.optimizer.pack.OffsetPacker;
import dev.dovetail.optimizer.search.Planner;
import dev.dovetail.optimizer.solver.ExactPacker;
import dev.dovetail.optimizer.technique.TechniqueCatalog;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** From a job to its plan and its checked program. */
public final class JobCompiler {
    private final CommandContext context;
    /** Effort for one layer that greed does not pack without loss; nearly all need a tenth of it. */
    private static final double PACKING = 0.2;

    private final OffsetPacker exact = new ExactPacker(PACKING);
    private final OffsetPacker quick = new GreedyPacker();

    public JobCompiler(CommandContext context) {
        this.context = context;
    }

    /** Searches for the best plan; measures the machine first where the job runs on it and nobody has. */
    public PlanOutcome plan(TrainJob job) throws IOException, InterruptedException {
        return plan(job, profile(job));
    }

    /** Plans and lowers; fails with status 2 and the conflicts where there is no plan. */
    public Compilation compile(TrainJob job) throws IOException, InterruptedException {
        Optional<MachineProfile> profile = profile(job);
        return compilation(job, solved(job, profile), profile);
    }

    /** The best plan alone, whose program would take longer to check than to plan; fails as {@link #compile} does. */
    public Plan solved(TrainJob job) throws IOException, InterruptedException {
        return solved(job, profile(job));
    }

    private Plan solved(TrainJob job, Optional<MachineProfile> profile) {
        return switch (plan(job, profile)) {
            case PlanOutcome.Solved solved -> solved.plan();
            case PlanOutcome.Infeasible infeasible -> {
                new ConflictText(context).print(infeasible.conflicts());
                throw CommandFailure.of(ExitStatus.INFEASIBLE, "no plan holds all of this");
            }
            case PlanOutcome.Unknown unknown ->
                throw CommandFailure.of(
                        ExitStatus.INFEASIBLE,
                        "the search ended without a plan after "
                                + unknown.search().considered() + " tries",
                        "fix some decisions with `fix { … }`");
        };
    }

    /** Lowers a plan that was found before. */
    public Compilation lowered(TrainJob job, Plan plan) throws IOException, InterruptedException {
        return compilation(job, plan, profile(job));
    }

    private Compilation compilation(TrainJob asked, Plan plan, Optional<MachineProfile> profile) {
        TrainJob job = multiplying(asked, plan.decisions());
        return new Compilation(placed(job, profile), plan, lower(job, plan), profile);
    }

    /** The job with what its plan chose of the formats that it allows. */
    private static TrainJob multiplying(TrainJob job, Decisions decisions) {
        return decisions
                .find(Decision.MATMUL)
                .map(formats -> job.with(job.precision().multiplying(formats)))
                .orElse(job);
    }

    private PlanOutcome plan(TrainJob asked, Optional<MachineProfile> profile) {
        TrainJob job = placed(asked, profile);
        try {
            return new Planner(
                            TechniqueCatalog.standard(), costs(job, profile), DeviceConstants.ACCELERATOR, packer(job))
                    .plan(job);
        } catch (BlockException | MissingFigureException wrong) {
            throw CommandFailure.of(ExitStatus.WRONG_INPUT, wrong.getMessage());
        }
    }

    /** For clusters described by the figures of their devices. */
    public Planner planner(TrainJob job, Cluster cluster) {
        return new Planner(
                TechniqueCatalog.standard(),
                costs(job.on(cluster), Optional.empty()),
                DeviceConstants.ACCELERATOR,
                quick);
    }

    /** The job on devices: this machine's are known only once it has been measured. */
    private static TrainJob placed(TrainJob job, Optional<MachineProfile> profile) {
        return profile.map(measured -> job.on(MachineCluster.of(job.cluster(), measured)))
                .orElse(job);
    }

    /** What instructions cost: as measured on this machine, or by the figures of the cluster's devices. */
    public static CostModel costs(TrainJob job, Optional<MachineProfile> profile) {
        return profile.map(MeasuredCost::model)
                .orElseGet(() -> CostModel.ofDevices(job.cluster(), stated(job.precision())));
    }

    /** What devices must be able to multiply in; of several formats a plan takes one that they can. */
    private static ProductFormats stated(Precision precision) {
        return precision.choices().size() > 1 ? ProductFormats.STORED : precision.products();
    }

    private Optional<MachineProfile> profile(TrainJob job) throws IOException, InterruptedException {
        return job.cluster().thisMachine().isPresent()
                ? Optional.of(new Calibration(context).profile())
                : Optional.empty();
    }

    /** Layers of a job for this machine are few and small; over a search for a cluster, proofs of packings would add up to seconds. */
    private OffsetPacker packer(TrainJob job) {
        return job.cluster().thisMachine().isPresent() ? exact : quick;
    }

    /** A program that its own checker refuses is a bug of ours. */
    private Program lower(TrainJob job, Plan plan) {
        Program program = LowerPlan.lower(job, plan.decisions(), new LayerCache(packer(job)));
        List<Violation> violations = ProgramVerifier.verify(program);
        if (!violations.isEmpty()) {
            throw new IllegalStateException("the program of " + plan.decisions() + " breaks its rules: " + violations);
        }
        return program;
    }
}
