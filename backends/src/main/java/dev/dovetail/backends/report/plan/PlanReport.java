package dev.dovetail.backends.report.plan;

import dev.dovetail.backends.report.ReportData;
import dev.dovetail.backends.report.data.Alternative;
import dev.dovetail.backends.report.data.DecisionRow;
import dev.dovetail.backends.report.data.DecisionRow.DecidedBy;
import dev.dovetail.backends.report.data.Forecast;
import dev.dovetail.backends.report.data.FrontPoint;
import dev.dovetail.backends.report.data.KernelRow;
import dev.dovetail.backends.report.data.Proof;
import dev.dovetail.backends.report.data.StageMemory;
import dev.dovetail.backends.report.data.Subject;
import dev.dovetail.ir.job.Objective;
import dev.dovetail.ir.job.Precision;
import dev.dovetail.ir.job.ProductFormats;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Fixed;
import dev.dovetail.ir.plan.FrontPlan;
import dev.dovetail.ir.plan.Plan;
import dev.dovetail.ir.plan.Plan.Breakdown;
import dev.dovetail.ir.plan.Plan.Predicted;
import dev.dovetail.ir.plan.Plan.RunnerUp;
import dev.dovetail.ir.program.StateEntry;
import dev.dovetail.ir.spec.Origin;
import dev.dovetail.ir.units.Bytes;
import dev.dovetail.ir.units.Seconds;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Puts a planned job into the form that reports show. */
public final class PlanReport {
    private final PlannedJob planned;
    private final TrainJob job;
    private final Plan plan;

    private PlanReport(PlannedJob planned) {
        this.planned = planned;
        this.job = planned.job();
        this.plan = planned.plan();
    }

    /**
     * @param command what to type to get the report again
     * @param version of the tool
     */
    public static ReportData of(PlannedJob planned, List<KernelRow> kernels, String command, String version) {
        return new PlanReport(planned).data(kernels, command, version);
    }

    private ReportData data(List<KernelRow> kernels, String command, String version) {
        return new ReportData(
                subject(command, version),
                decisions(),
                PlanTree.of(planned),
                forecast(plan, limit()),
                memory(),
                PlannedLayers.of(planned),
                precision(),
                StageLanes.of(planned.program(), planned.timeline()),
                proof(),
                plan.runnersUp().stream().map(this::alternative).toList(),
                plan.front().stream().map(this::choice).toList(),
                PlannedTraffic.of(planned),
                Optional.empty(),
                Optional.empty(),
                kernels);
    }

    private String precision() {
        Precision stored = job.precision();
        ProductFormats products = plan.decisions().find(Decision.MATMUL).orElse(stored.products());
        return String.format(
                "Weights and activations are stored as %s, gradients as %s, moments as %s; %s.",
                word(stored.compute()),
                word(stored.gradient()),
                word(stored.state()),
                products.equals(ProductFormats.STORED)
                        ? "linear layers multiply what is stored"
                        : "linear layers multiply in " + products);
    }

    private Subject subject(String command, String version) {
        return new Subject(
                job.name(),
                model(),
                planned.hardware(),
                objectives().stream().map(PlanReport::word).collect(Collectors.joining(", then ")),
                planned.spec(),
                command,
                version);
    }

    private String model() {
        Map<String, Long> parameters = planned.program().classes().stream()
                .flatMap(rank -> rank.state().stream())
                .filter(entry -> entry.kind() == StateEntry.Kind.WEIGHT)
                .collect(Collectors.toMap(
                        StateEntry::parameter, entry -> entry.type().elements(), Math::max, LinkedHashMap::new));
        long total = parameters.values().stream().mapToLong(Long::longValue).sum();
        return String.format(
                Locale.ROOT,
                "%s: %,d parameters, %,d tokens a step (%,d sequences of %,d)",
                job.model().name(),
                total,
                job.tokensPerStep(),
                job.batch(),
                job.sequence());
    }

    private List<Objective> objectives() {
        return job.objectives().isEmpty() ? List.of(Objective.TIME) : job.objectives();
    }

    private static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    // --- decisions --------------------------------------------------------------------------------------------------

    private List<DecisionRow> decisions() {
        var words = new DecisionWords(job, plan.decisions());
        return plan.decisions().asText().entrySet().stream()
                .filter(decision -> !isClockOfNone(decision))
                .map(decision -> new DecisionRow(
                        decision.getKey(),
                        decision.getValue(),
                        decidedBy(decision.getKey()),
                        words.meaning(decision.getKey()),
                        Optional.ofNullable(job.fixed().get(decision.getKey()))
                                .map(Fixed::origin)
                                .orElse(Origin.NONE)))
                .toList();
    }

    /** Devices that list no clocks leave nothing to decide. */
    private static boolean isClockOfNone(Map.Entry<String, String> decision) {
        return decision.getKey().equals(Decision.FREQUENCY.name())
                && decision.getValue().equals("0");
    }

    private DecidedBy decidedBy(String decision) {
        return switch (plan.decidedBy().getOrDefault(decision, Plan.DecidedBy.DEFAULT)) {
            case FIXED -> DecidedBy.FIXED;
            case SOLVED -> DecidedBy.SOLVED;
            case DEFAULT -> DecidedBy.DEFAULT;
        };
    }

    // --- figures ----------------------------------------------------------------------------------------------------

    private FrontPoint choice(FrontPlan choice) {
        var traded = new LinkedHashMap<String, Double>();
        for (Objective objective : job.front()) {
            switch (objective) {
                case TIME -> traded.put("time in s", choice.step().value());
                case ENERGY -> traded.put("energy in J", choice.energy().value());
                case COST -> traded.put("cost in USD", choice.cost().value());
                case CARBON -> traded.put("carbon in gCO2", choice.carbon().value());
                case GPUS -> traded.put("devices", (double) choice.devices());
            }
        }
        return new FrontPoint(
                choice.differs(), traded, choice.step(), choice.decisions().equals(plan.decisions()));
    }

    private Bytes limit(int stage) {
        return job.cluster().node(plan.decisions().nodes(), stage).device().memory();
    }

    /** Of the device that is nearest to full. */
    private Bytes limit() {
        return planned.program().classes().stream()
                .max(Comparator.comparingDouble(
                        rank -> (double) rank.arenaBytes() / limit(rank.stage()).count()))
                .map(rank -> limit(rank.stage()))
                .orElseThrow();
    }

    private static Forecast forecast(Plan plan, Bytes limit) {
        Predicted predicted = plan.predicted();
        return new Forecast(
                predicted.step(),
                predicted.tokensPerSecond(),
                present(predicted.mfu()),
                predicted.bubbleFraction(),
                predicted.totalMemory(),
                Optional.of(limit),
                present(predicted.energy().value()).map(joules -> predicted.energy()),
                present(predicted.cost().value()).map(dollars -> predicted.cost()),
                present(predicted.carbon().value()).map(grams -> predicted.carbon()),
                parts(plan.breakdown()),
                plan.bars(),
                plan.run());
    }

    /** A figure of zero is one that the hardware's description could not give. */
    private static Optional<Double> present(double figure) {
        return figure > 0 ? Optional.of(figure) : Optional.empty();
    }

    /** By the names that `compile --json` and runs use. */
    static Map<String, Seconds> parts(Breakdown breakdown) {
        var parts = new LinkedHashMap<String, Seconds>();
        parts.put("compute", breakdown.compute());
        parts.put("tensor_comm", breakdown.tensorComm());
        parts.put("expert_comm", breakdown.expertComm());
        parts.put("pipeline_comm", breakdown.pipelineComm());
        parts.put("data_comm", breakdown.dataComm());
        if (breakdown.offload().value() > 0) {
            parts.put("offload", breakdown.offload());
        }
        if (breakdown.input().value() > 0) {
            parts.put("input", breakdown.input());
        }
        parts.put("bubble", breakdown.bubble());
        return parts;
    }

    private List<StageMemory> memory() {
        return planned.program().classes().stream()
                .map(rank -> StageMemories.of(rank, limit(rank.stage())))
                .toList();
    }

    private Proof proof() {
        return new Proof(
                switch (plan.status()) {
                    case OPTIMAL -> Proof.Status.OPTIMAL;
                    case FEASIBLE -> Proof.Status.FEASIBLE;
                },
                figure(),
                unit(),
                reached(plan.predicted()),
                reached(plan.predicted()) * (1 - plan.bound().gap()),
                plan.search().considered(),
                plan.search().pruned(),
                plan.search().seconds().value());
    }

    private Alternative alternative(RunnerUp other) {
        return new Alternative(
                other.decisions().asText(),
                reached(other.predicted()),
                other.predicted().step(),
                other.predicted().totalMemory(),
                parts(other.breakdown()),
                other.because());
    }

    private String figure() {
        return switch (objectives().getFirst()) {
            case TIME -> "step time";
            case ENERGY -> "energy of a step";
            case COST -> "money of a step";
            case CARBON -> "carbon of a step";
            case GPUS -> "devices";
        };
    }

    private String unit() {
        return switch (objectives().getFirst()) {
            case TIME -> "s";
            case ENERGY -> "J";
            case COST -> "USD";
            case CARBON -> "g";
            case GPUS -> "devices";
        };
    }

    private double reached(Predicted predicted) {
        return switch (objectives().getFirst()) {
            case TIME -> predicted.step().value();
            case ENERGY -> predicted.energy().value();
            case COST -> predicted.cost().value();
            case CARBON -> predicted.carbon().value();
            case GPUS -> predicted.devices();
        };
    }
}
