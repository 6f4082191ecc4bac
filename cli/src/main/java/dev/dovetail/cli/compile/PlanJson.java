package dev.dovetail.cli.compile;

import dev.dovetail.ir.job.Objective;
import dev.dovetail.ir.plan.Conflict;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.ir.plan.ErrorBars;
import dev.dovetail.ir.plan.FrontPlan;
import dev.dovetail.ir.plan.InputForecast;
import dev.dovetail.ir.plan.PipelineTemplates;
import dev.dovetail.ir.plan.Plan;
import dev.dovetail.ir.plan.PlanOutcome;
import dev.dovetail.ir.plan.WholeRun;
import dev.dovetail.ir.program.MemoryPart;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What {@code compile --json} prints; tools depend on its keys. */
public final class PlanJson {
    private PlanJson() {}

    /** @param artifacts paths of what was written */
    public static Map<String, Object> of(PlanOutcome outcome, List<String> artifacts) {
        var json = new LinkedHashMap<String, Object>();
        json.put("schema", 1);
        switch (outcome) {
            case PlanOutcome.Solved solved -> solved(json, solved.plan());
            case PlanOutcome.Infeasible infeasible -> {
                json.put("status", "infeasible");
                json.put("search", search(infeasible.search()));
                json.put(
                        "conflicts",
                        infeasible.conflicts().stream().map(PlanJson::conflict).toList());
            }
            case PlanOutcome.Unknown unknown -> {
                json.put("status", "unknown");
                json.put("search", search(unknown.search()));
            }
        }
        json.putIfAbsent("conflicts", List.of());
        json.put("artifacts", artifacts);
        return json;
    }

    private static void solved(Map<String, Object> json, Plan plan) {
        json.put("status", plan.status().name().toLowerCase(Locale.ROOT));
        json.put("job", plan.job());
        json.put("plan", decisions(plan.decisions()));
        var decidedBy = new LinkedHashMap<String, Object>();
        plan.decidedBy().forEach((name, by) -> decidedBy.put(name, by.name().toLowerCase(Locale.ROOT)));
        json.put("decided_by", decidedBy);
        json.put("predicted", predicted(plan.predicted()));
        if (!plan.front().isEmpty()) {
            json.put("pareto", plan.front().stream().map(PlanJson::choice).toList());
        }
        plan.bars().ifPresent(bars -> json.put("error_bars", bars(bars, plan.predicted())));
        plan.run().ifPresent(run -> json.put("run", run(run)));
        plan.templates().ifPresent(templates -> json.put("templates", templates(templates)));
        plan.input().ifPresent(input -> json.put("input", input(input)));
        json.put("breakdown_seconds", breakdown(plan.breakdown()));
        var bound = new LinkedHashMap<String, Object>();
        bound.put(figure(plan.bound().objective()), plan.bound().value());
        bound.put("gap", plan.bound().gap());
        json.put("bound", bound);
        json.put("search", search(plan.search()));
        json.put("notes", plan.notes());
        json.put("runners_up", plan.runnersUp().stream().map(PlanJson::runnerUp).toList());
    }

    /** What is bounded, by its name among the predicted figures. */
    private static String figure(Objective objective) {
        return switch (objective) {
            case TIME -> "step_seconds";
            case ENERGY -> "energy_joules_per_step";
            case COST -> "cost_usd_per_step";
            case CARBON -> "carbon_grams_per_step";
            case GPUS -> "devices";
        };
    }

    private static Map<String, Object> decisions(Decisions decisions) {
        var json = new LinkedHashMap<String, Object>();
        decisions.asText().forEach((name, text) -> json.put(name, scalar(decisions, name, text)));
        return json;
    }

    /** Counts are numbers, lists of them lists, switches are booleans, choices are words. */
    private static Object scalar(Decisions decisions, String name, String text) {
        if (name.equals(Decision.SEQUENCE.name())) {
            return decisions.get(Decision.SEQUENCE);
        }
        if (name.equals(Decision.STAGES.name())) {
            return decisions.get(Decision.STAGES);
        }
        return text.chars().allMatch(Character::isDigit) ? (Object) Long.valueOf(text) : text;
    }

    private static Map<String, Object> predicted(Plan.Predicted predicted) {
        var json = new LinkedHashMap<String, Object>();
        json.put("step_seconds", predicted.step().value());
        json.put("tokens_per_second", predicted.tokensPerSecond());
        json.put("mfu", predicted.mfu());
        json.put(
                "model_flops_per_device_per_second",
                predicted.modelFlopsPerDevice().value());
        var memory = new LinkedHashMap<String, Object>();
        memory.put("total", predicted.totalMemory().count());
        for (MemoryPart part : MemoryPart.values()) {
            var bytes = predicted.memory().get(part);
            memory.put(part.name().toLowerCase(Locale.ROOT), bytes == null ? 0 : bytes.count());
        }
        json.put("memory_bytes_per_device", memory);
        json.put("bubble_fraction", predicted.bubbleFraction());
        json.put("energy_joules_per_step", predicted.energy().value());
        json.put("cost_usd_per_step", predicted.cost().value());
        json.put("carbon_grams_per_step", predicted.carbon().value());
        json.put("estimates", List.of("energy_joules_per_step", "cost_usd_per_step", "carbon_grams_per_step"));
        json.put("devices", predicted.devices());
        json.put("idle_devices", predicted.idleDevices());
        return json;
    }

    /** Four of five published measurements lie inside these. */
    private static Map<String, Object> bars(ErrorBars bars, Plan.Predicted predicted) {
        double step = predicted.step().value();
        double memory = predicted.totalMemory().count();
        var json = new LinkedHashMap<String, Object>();
        json.put(
                "step_seconds",
                List.of(step * bars.step().low(), step * bars.step().high()));
        json.put(
                "memory_bytes_per_device",
                List.of(memory * bars.memory().low(), memory * bars.memory().high()));
        return json;
    }

    /** The whole job; all of it is an estimate. */
    private static Map<String, Object> run(WholeRun run) {
        var json = new LinkedHashMap<String, Object>();
        json.put("steps", run.steps());
        json.put("elapsed_seconds", run.elapsed().value());
        json.put("energy_joules", run.energy().value());
        json.put("cost_usd", run.cost().value());
        json.put("carbon_grams", run.carbon().value());
        run.goodput().ifPresent(goodput -> {
            json.put("seconds_between_failures", goodput.betweenFailures().value());
            json.put("checkpoint_bytes", goodput.checkpoint().count());
            json.put("checkpoint_seconds", goodput.write().value());
            json.put("restart_seconds", goodput.restart().value());
            json.put("checkpoint_every", goodput.stated().steps());
            json.put("goodput", goodput.stated().fraction());
            json.put("best_checkpoint_every", goodput.best().steps());
            json.put("best_goodput", goodput.best().fraction());
        });
        return json;
    }

    /** Pipelines to go on with when nodes fail; times are estimates. */
    private static Map<String, Object> templates(PipelineTemplates planned) {
        var json = new LinkedHashMap<String, Object>();
        json.put("survive_node_failures", planned.failures());
        json.put(
                "templates",
                planned.templates().stream()
                        .map(template -> Map.of(
                                "nodes", template.nodes(),
                                "plan", decisions(template.decisions()),
                                "fill_seconds", template.fill().value(),
                                "microbatch_seconds", template.perMicrobatch().value()))
                        .toList());
        json.put(
                "formations",
                planned.formations().stream()
                        .map(formation -> Map.of(
                                "nodes", formation.nodes(),
                                "step_seconds", formation.step().value(),
                                "pipelines",
                                        formation.pipelines().stream()
                                                .map(pipeline -> Map.of(
                                                        "nodes",
                                                        pipeline.nodes(),
                                                        "microbatches",
                                                        pipeline.microbatches()))
                                                .toList()))
                        .toList());
        return json;
    }

    /** Whether samples come in time; an estimate from what the spec says preparing them takes. */
    private static Map<String, Object> input(InputForecast input) {
        var json = new LinkedHashMap<String, Object>();
        json.put("model_seconds", input.model().value());
        json.put("worker_seconds", input.worker().value());
        json.put("planned_seconds", input.planned().value());
        json.put("stall_seconds", input.stall().value());
        json.put("bottleneck_by_fastflow", input.isBottleneck());
        var stations = new LinkedHashMap<String, Double>();
        input.stations()
                .forEach(station -> stations.put(station.name(), station.busy().value()));
        json.put("busy_seconds", stations);
        json.put("remedies", input.remedies());
        return json;
    }

    /** The parts of a step by the names that runs report too. */
    public static Map<String, Double> breakdown(Plan.Breakdown breakdown) {
        var json = new LinkedHashMap<String, Double>();
        json.put("compute", breakdown.compute().value());
        json.put("tensor_comm", breakdown.tensorComm().value());
        json.put("pipeline_comm", breakdown.pipelineComm().value());
        json.put("data_comm", breakdown.dataComm().value());
        json.put("expert_comm", breakdown.expertComm().value());
        json.put("bubble", breakdown.bubble().value());
        json.put("offload", breakdown.offload().value());
        json.put("input", breakdown.input().value());
        return json;
    }

    private static Map<String, Object> search(Plan.SearchStatistics search) {
        var json = new LinkedHashMap<String, Object>();
        json.put("seconds", search.seconds().value());
        json.put("plans_considered", search.considered());
        json.put("plans_pruned", search.pruned());
        return json;
    }

    private static Map<String, Object> runnerUp(Plan.RunnerUp runner) {
        var json = new LinkedHashMap<String, Object>();
        json.put("plan", decisions(runner.decisions()));
        json.put("differs", runner.differs());
        json.put("step_seconds", runner.predicted().step().value());
        json.put("loss", runner.loss());
        json.put("because", runner.because());
        return json;
    }

    /** A plan of the front; its figures are estimates for one step. */
    private static Map<String, Object> choice(FrontPlan choice) {
        var json = new LinkedHashMap<String, Object>();
        json.put("plan", decisions(choice.decisions()));
        json.put("differs", choice.differs());
        json.put("step_seconds", choice.step().value());
        json.put("energy_joules_per_step", choice.energy().value());
        json.put("cost_usd_per_step", choice.cost().value());
        json.put("carbon_grams_per_step", choice.carbon().value());
        json.put("devices", choice.devices());
        json.put("memory_bytes_per_device", choice.memory().count());
        return json;
    }

    private static Map<String, Object> conflict(Conflict conflict) {
        var json = new LinkedHashMap<String, Object>();
        json.put("said", conflict.said());
        json.put("file", conflict.origin().file());
        json.put("line", conflict.origin().line());
        json.put("reason", conflict.reason());
        var relaxations = new ArrayList<String>();
        conflict.relaxation().ifPresent(relaxations::add);
        json.put("least_change", relaxations.isEmpty() ? "" : relaxations.getFirst());
        return json;
    }
}
