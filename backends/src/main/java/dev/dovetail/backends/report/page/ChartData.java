package dev.dovetail.backends.report.page;

import dev.dovetail.backends.report.ReportData;
import dev.dovetail.backends.report.data.Activity;
import dev.dovetail.backends.report.data.Alternative;
import dev.dovetail.backends.report.data.FrontPoint;
import dev.dovetail.backends.report.data.Lane;
import dev.dovetail.backends.report.data.Run;
import dev.dovetail.backends.report.data.Slice;
import dev.dovetail.backends.report.data.StageMemory;
import dev.dovetail.backends.report.data.StepPart;
import dev.dovetail.backends.report.data.Timeline;
import dev.dovetail.ir.program.MemoryPart;
import dev.dovetail.ir.units.Bytes;
import dev.dovetail.ir.units.Seconds;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import tools.jackson.databind.json.JsonMapper;

/** What the charts draw, as the JSON inside the page; base units throughout: seconds, bytes. */
final class ChartData {
    private final ReportData data;

    ChartData(ReportData data) {
        this.data = data;
    }

    /** Safe inside a script element. */
    String json() {
        return JsonMapper.shared().writeValueAsString(charts()).replace("<", "\\u003c");
    }

    private Map<String, Object> charts() {
        var charts = new LinkedHashMap<String, Object>();
        charts.put("parts", partNames());
        charts.put(
                "activities",
                Arrays.stream(Activity.values())
                        .map(activity -> Map.of("key", activity.key(), "label", activity.label()))
                        .toList());
        charts.put("predicted", step(data.forecast().step(), data.forecast().breakdown()));
        data.run().ifPresent(run -> charts.put("measured", run.step().value()));
        charts.put(
                "comparison",
                ComparisonSection.parts(data).stream().map(ChartData::part).toList());
        charts.put("timelines", timelines());
        charts.put("memory", data.memory().stream().map(ChartData::memory).toList());
        charts.put(
                "alternatives", data.runnersUp().stream().map(this::alternative).toList());
        charts.put("front", data.front().stream().map(ChartData::choice).toList());
        charts.put("proof", proof());
        data.run().ifPresent(run -> charts.put("training", training(run)));
        return charts;
    }

    /** In the order in which the breakdowns tell them. */
    private Map<String, String> partNames() {
        var names = new LinkedHashMap<String, String>();
        Stream.concat(
                        Stream.of(data.forecast().breakdown()),
                        data.runnersUp().stream().map(Alternative::breakdown))
                .flatMap(breakdown -> breakdown.keySet().stream())
                .forEach(part -> names.put(part, Words.part(part)));
        return names;
    }

    private static Map<String, Object> part(StepPart part) {
        var json = new LinkedHashMap<String, Object>();
        json.put("key", part.key());
        json.put("label", Words.part(part.key()));
        part.predicted().ifPresent(time -> json.put("predicted", time.value()));
        part.measured().ifPresent(time -> json.put("measured", time.value()));
        return json;
    }

    private static Map<String, Object> step(Seconds step, Map<String, Seconds> breakdown) {
        var json = new LinkedHashMap<String, Object>();
        json.put("step", step.value());
        json.put("breakdown", seconds(breakdown));
        return json;
    }

    private static Map<String, Double> seconds(Map<String, Seconds> parts) {
        var json = new LinkedHashMap<String, Double>();
        parts.forEach((part, time) -> json.put(part, time.value()));
        return json;
    }

    // --- timelines --------------------------------------------------------------------------------------------------

    private List<Map<String, Object>> timelines() {
        return Stream.concat(Stream.of(data.timeline()), data.run().flatMap(Run::timeline).stream())
                .filter(timeline -> !timeline.lanes().isEmpty())
                .map(ChartData::timeline)
                .toList();
    }

    private static Map<String, Object> timeline(Timeline timeline) {
        // A hundred-millionth of a step is finer than any screen, and whole numbers keep the page small.
        double tick = Math.max(timeline.length().value() / 1e8, 1e-9);
        var json = new LinkedHashMap<String, Object>();
        json.put("provenance", timeline.provenance().label());
        json.put("length", timeline.length().value());
        json.put("idle", timeline.waitingShare());
        json.put("tick", tick);
        var details = new LinkedHashMap<String, Integer>();
        json.put(
                "lanes",
                timeline.lanes().stream()
                        .map(lane -> lane(lane, timeline, tick, details))
                        .toList());
        json.put("details", List.copyOf(details.keySet()));
        return json;
    }

    private static Map<String, Object> lane(Lane lane, Timeline timeline, double tick, Map<String, Integer> details) {
        var json = new LinkedHashMap<String, Object>();
        json.put("name", lane.name());
        json.put("stage", lane.stage());
        json.put(
                "slices",
                lane.slices().stream().map(slice -> slice(slice, tick, details)).toList());
        var busy = new LinkedHashMap<String, Double>();
        lane.busy().forEach((activity, time) -> busy.put(activity.key(), time.value()));
        json.put("busy", busy);
        json.put("idle", lane.idle(timeline.length()).value());
        return json;
    }

    /** Begin, duration, activity, micro-batch, virtual stage, and the place of its detail among all details. */
    private static List<Long> slice(Slice slice, double tick, Map<String, Integer> details) {
        long begin = Math.round(slice.begin().value() / tick);
        long end = Math.round(slice.end().value() / tick);
        details.putIfAbsent(slice.detail(), details.size());
        return List.of(
                begin,
                end - begin,
                (long) slice.activity().ordinal(),
                (long) slice.microbatch(),
                (long) slice.stage(),
                (long) details.get(slice.detail()));
    }

    // --- memory -----------------------------------------------------------------------------------------------------

    private static Map<String, Object> memory(StageMemory stage) {
        var json = new LinkedHashMap<String, Object>();
        json.put("name", stage.name());
        json.put("gaps", stage.gaps().count());
        json.put(
                "parts",
                Arrays.stream(MemoryPart.values())
                        .map(part -> memoryPart(stage, part))
                        .toList());
        json.put("total", stage.total().count());
        stage.peak().ifPresent(peak -> json.put("measured", peak.count()));
        stage.limit().ifPresent(limit -> json.put("limit", limit.count()));
        return json;
    }

    private static Map<String, Object> memoryPart(StageMemory stage, MemoryPart part) {
        var json = new LinkedHashMap<String, Object>();
        json.put("key", part.name().toLowerCase(Locale.ROOT));
        json.put("label", MemorySection.label(part));
        json.put("planned", stage.planned().getOrDefault(part, Bytes.ZERO).count());
        if (stage.measured().containsKey(part)) {
            json.put("measured", stage.measured().get(part).count());
        }
        return json;
    }

    // --- plans ------------------------------------------------------------------------------------------------------

    private Map<String, Object> alternative(Alternative other) {
        Map<String, Object> json = step(other.step(), other.breakdown());
        json.put("name", RunnersUpSection.differences(RunnersUpSection.chosen(data.decisions()), other.decisions()));
        json.put("objective", other.objective());
        return json;
    }

    private static Map<String, Object> choice(FrontPoint point) {
        return Map.of(
                "name", FrontSection.name(point),
                "chosen", point.chosen(),
                "figures", List.copyOf(point.traded().keySet()),
                "values", List.copyOf(point.traded().values()));
    }

    private Map<String, Object> proof() {
        var proof = data.proof();
        var json = new LinkedHashMap<String, Object>();
        json.put("figure", proof.figure());
        json.put("unit", proof.unit());
        json.put("value", proof.value());
        json.put("bound", proof.bound());
        return json;
    }

    private Map<String, Object> training(Run run) {
        var json = new LinkedHashMap<String, Object>();
        json.put("step", run.steps().stream().map(Run.StepRow::step).toList());
        json.put("loss", run.steps().stream().map(Run.StepRow::loss).toList());
        json.put("speed", run.steps().stream().map(Run.StepRow::tokensPerSecond).toList());
        json.put("predictedSpeed", data.forecast().tokensPerSecond());
        return json;
    }
}
