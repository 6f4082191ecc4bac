package dev.dovetail.cli.validate.predict;

import dev.dovetail.cli.validate.row.RowSpec;
import dev.dovetail.cli.validate.table.Unexpressed;
import dev.dovetail.grammar.diagnostic.Diagnostic;
import dev.dovetail.grammar.diagnostic.Severity;
import dev.dovetail.grammar.resolve.ResolvedSpec;
import dev.dovetail.grammar.resolve.SpecResolver;
import dev.dovetail.grammar.syntax.SourceText;
import dev.dovetail.ir.block.BlockException;
import dev.dovetail.ir.block.ModelDefinition;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.plan.Conflict;
import dev.dovetail.ir.plan.Plan.DecidedBy;
import dev.dovetail.ir.plan.PlanOutcome;
import dev.dovetail.ir.program.MemoryPart;
import dev.dovetail.ir.units.Bytes;
import dev.dovetail.ir.units.FlopsPerSecond;
import dev.dovetail.optimizer.cost.CostModel;
import dev.dovetail.optimizer.cost.DeviceConstants;
import dev.dovetail.optimizer.cost.MissingFigureException;
import dev.dovetail.optimizer.pack.GreedyPacker;
import dev.dovetail.optimizer.search.Appraisal;
import dev.dovetail.optimizer.search.EngineOverhead;
import dev.dovetail.optimizer.search.Limits;
import dev.dovetail.optimizer.search.Planner;
import dev.dovetail.optimizer.technique.Problem;
import dev.dovetail.optimizer.technique.TechniqueCatalog;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Plans a row's spec the way {@code compile} does, and reads time and memory off the plan's program. */
public final class Predictor {
    private final SpecResolver resolver;

    public Predictor(SpecResolver resolver) {
        this.resolver = resolver;
    }

    /** Throws {@link Unexpressed} with what language, planner or catalogue answer where they cannot take the spec. */
    public Prediction predict(RowSpec spec) {
        return predict(job(spec), spec);
    }

    private TrainJob job(RowSpec spec) {
        return resolve(spec.text()).jobs().getFirst();
    }

    /** The one model that {@code declaration} declares. */
    public ModelDefinition model(String declaration) {
        return resolve(declaration).models().getFirst();
    }

    private ResolvedSpec resolve(String text) {
        ResolvedSpec resolved = resolver.resolve(new SourceText("row", text), Path.of(""));
        resolved.diagnostics().stream()
                .filter(diagnostic -> diagnostic.severity() == Severity.ERROR)
                .findFirst()
                .map(Diagnostic::message)
                .ifPresent(message -> {
                    throw new Unexpressed(message);
                });
        return resolved;
    }

    private static Prediction predict(TrainJob job, RowSpec spec) {
        try {
            var costs = CostModel.ofDevices(job.cluster(), spec.engine());
            var planner =
                    new Planner(TechniqueCatalog.standard(), costs, DeviceConstants.ACCELERATOR, new GreedyPacker());
            Appraisal appraisal = planner.appraiseBesideEngine(job).orElseThrow(() -> clash(planner, job));
            return prediction(job, appraisal, spec.assumed());
        } catch (BlockException | MissingFigureException impossible) {
            throw new Unexpressed(impossible.getMessage());
        }
    }

    private static Unexpressed clash(Planner planner, TrainJob job) {
        return new Unexpressed(
                switch (planner.plan(job)) {
                    case PlanOutcome.Infeasible infeasible ->
                        infeasible.conflicts().stream()
                                .findFirst()
                                .map(Conflict::reason)
                                .orElse("no plan holds all that the row states");
                    case PlanOutcome.Solved solved -> "no plan holds all that the row states";
                    case PlanOutcome.Unknown unknown -> "the search ended without a plan";
                });
    }

    private static Prediction.Stage first(Appraisal appraisal) {
        var memory = appraisal.program().classes().getFirst().memory();
        long state =
                memory.get(MemoryPart.PARAMETERS) + memory.get(MemoryPart.GRADIENTS) + memory.get(MemoryPart.OPTIMIZER);
        var beside = appraisal.overheads().getFirst().parts();
        return new Prediction.Stage(
                Bytes.of(state),
                Bytes.of(memory.get(MemoryPart.ACTIVATIONS)
                        + beside.get(EngineOverhead.Part.KEPT)
                        + beside.get(EngineOverhead.Part.OTHERWISE)));
    }

    private static Prediction prediction(TrainJob job, Appraisal appraisal, List<String> filledIn) {
        int fullest = appraisal.fullest();
        var assumed = new ArrayList<>(filledIn);
        appraisal.decidedBy().forEach((name, by) -> {
            if (by == DecidedBy.SOLVED && !name.equals("frequency")) {
                assumed.add(name + " " + appraisal.decisions().asText().get(name));
            }
        });
        FlopsPerSecond peak =
                job.cluster().node().device().compute().get(job.precision().compute());
        return new Prediction(
                appraisal.figures().time(),
                appraisal.memory(fullest),
                Bytes.of(appraisal.arena(fullest).count()
                        + appraisal.overheads().get(fullest).allocated()),
                appraisal.account(fullest),
                Limits.installed(job),
                first(appraisal),
                TrainingWork.of(Problem.of(job).model()),
                peak.times(job.cluster().devices()),
                assumed);
    }
}
