package dev.dovetail.backends.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.backends.report.data.Subject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ReportTest {
    private static final Pattern TAG = Pattern.compile("<[^>]*>");

    @Test
    void theSameDataGiveTheSameBytes() {
        assertEquals(Report.html(SampleReport.withKernels()), Report.html(SampleReport.withKernels()));
    }

    @Test
    void thePageIsLightAndNamesNoOtherHost() {
        String page = Report.html(SampleReport.withKernels());

        assertTrue(page.getBytes(StandardCharsets.UTF_8).length < 1_500_000);
        assertFalse(Pattern.compile("<(script|link|img)[^>]+(src|href)=\"?(http|//)")
                .matcher(page)
                .find());
        assertFalse(page.contains("@import"));
        assertTrue(page.contains("default-src 'none'"));
    }

    @Test
    void aLargePipelineStaysLight() {
        assertTrue(Report.html(SampleReport.large()).length() < 1_000_000);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "overview",
                "plan",
                "predicted-against-measured",
                "timeline",
                "where-time-goes",
                "memory",
                "runners-up",
                "proof",
                "training",
                "network",
                "layers",
                "traffic",
                "kernels",
                "spec"
            })
    void aFullReportHasTheSection(String id) {
        String page = Report.html(SampleReport.withKernels());

        assertTrue(page.contains("<section id=\"" + id + "\""));
        assertTrue(page.contains("<a href=\"#" + id + "\">"));
    }

    @Test
    void aPlanThatDidNotRunClaimsNoMeasurement() {
        String page = text(SampleReport.planned(), "main");

        assertTrue(page.contains("it has not run yet"));
        assertTrue(page.contains("Only the prediction is known"));
        assertFalse(page.contains("<section id=\"training\""));
        assertFalse(Report.html(SampleReport.planned()).contains("<span class=\"tag measured\">measured</span></dd>"));
    }

    @Test
    void everyDecisionSaysWhoTookIt() {
        String plan = text(SampleReport.planned(), "section id=\"plan\"");

        assertTrue(plan.contains("pipeline 22 stages of 2 layersfixed by line 11"), plan);
        assertTrue(plan.contains("shard optimizeroptimizer state is split over replicassolved"), plan);
        assertTrue(plan.contains("schedule 1f1bone forward, one backwarddefault"), plan);
        assertTrue(plan.contains("7 decisions: 2 fixed by the spec, 4 left to the solver, 1 at their default."), plan);
    }

    /** One cell a layer, under its stage, and what each run of layers does in words. */
    @Test
    void everyLayerHasACell() {
        String strip = text(SampleReport.planned(), "section id=\"layers\"");

        assertTrue(strip.contains("4 layers between embedding and head; 2 compute something again"), strip);
        assertTrue(strip.contains("stage 0AAstage 1AA"), strip);
        assertTrue(strip.contains("layers 1 to 2attention, mlp0attention core againnothing"), strip);
        String memory = text(SampleReport.large(), "section id=\"memory\"");
        assertTrue(memory.contains("In slower memory each keeps 5 MB more."), memory);
        String many = text(SampleReport.large(), "section id=\"layers\"");
        assertTrue(many.contains("stage 7ABBBBBBBBB"), many);
        assertTrue(many.contains("all but its input againactivations in slower memory"), many);
    }

    @Test
    void predictedStandsBesideMeasured() {
        String compared = text(SampleReport.ran(), "section id=\"predicted-against-measured\"");

        assertTrue(compared.contains("whole step182.2 ms190.3 ms+4.4 %"), compared);
        assertTrue(compared.contains("pipeline transfer2.2 ms4.9 ms+122.7 %"), compared);
        assertTrue(compared.contains("memory of the fullest rank21.4 MB21.15 MB\u22121.2 %"), compared);
    }

    @Test
    void runnersUpSayWhatMakesThemSlower() {
        String others = text(SampleReport.planned(), "section id=\"runners-up\"");

        assertTrue(others.contains("microbatch 2191.7 ms+5.2 %17.5 MB18 ms more computing a step"), others);
    }

    @Test
    void theProofShowsBoundAndGap() {
        String open = text(SampleReport.withKernels(), "section id=\"proof\"");
        String closed = text(SampleReport.planned(), "section id=\"proof\"");

        assertTrue(open.contains("gap6.15 %"), open);
        assertTrue(closed.contains("optimal in the cost model"), closed);
    }

    @Test
    void kernelsShowRegistersAndSpills() {
        String kernels = text(SampleReport.withKernels(), "section id=\"kernels\"");

        assertTrue(kernels.contains("sm_9016865.54 kB16 B41.2 us"), kernels);
        assertTrue(kernels.contains("1 of them spills registers"), kernels);
    }

    @Test
    void theSlowestLinkIsNamedWithWhatItsTrafficTakes() {
        String page = TAG.matcher(Report.html(SampleReport.planned())).replaceAll("");

        assertTrue(page.contains("fat tree, which joins 2 nodes: 80 ms of a step"), page);
    }

    @Test
    void earlierPredictionsAreDrawnWhereTheyTellOfThisOne() {
        assertFalse(Report.html(SampleReport.planned()).contains("id=\"accuracy\""));

        String page = Report.html(SampleReport.planned().withAccuracy("<svg id=\"scatter\"></svg>"));

        assertTrue(page.contains("<a href=\"#accuracy\">"), page);
        assertTrue(page.contains("<svg id=\"scatter\"></svg>"), page);
    }

    @Test
    void textFromSpecsCannotBecomeMarkup() {
        var sample = SampleReport.planned();
        var subject = sample.subject();
        var hostile = new ReportData(
                new Subject(
                        "</script><script>alert(1)</script>",
                        "<b>&amp;",
                        subject.hardware(),
                        subject.objective(),
                        Optional.of(new Subject.SpecText("a\"b.dove", "<img src=x onerror=alert(1)>")),
                        subject.command(),
                        subject.version()),
                sample.decisions(),
                sample.plan(),
                sample.forecast(),
                sample.memory(),
                sample.layers(),
                sample.precision(),
                sample.timeline(),
                sample.proof(),
                sample.runnersUp(),
                sample.front(),
                sample.links(),
                Optional.empty(),
                Optional.empty(),
                List.of());

        String page = Report.html(hostile);

        assertFalse(page.contains("<script>alert"));
        assertFalse(page.contains("<img"));
        assertTrue(page.contains("&lt;b&gt;&amp;amp;"));
    }

    @Test
    void chartsGetTheNumbersOfTheTimeline() {
        String page = Report.html(SampleReport.ran());
        String json = page.substring(page.indexOf("id=\"report-data\">") + 17);
        JsonNode charts = JsonMapper.shared().readTree(json.substring(0, json.indexOf("</script>")));
        JsonNode predicted = charts.path("timelines").path(0);

        assertEquals("estimate", predicted.path("provenance").asString());
        assertEquals(4, predicted.path("lanes").size());
        assertEquals(
                SampleReport.ran().timeline().length().value(),
                predicted.path("length").asDouble(),
                1e-12);
        assertEquals(
                "measured", charts.path("timelines").path(1).path("provenance").asString());
        assertEquals(600, charts.path("training").path("loss").size());
    }

    @Test
    void writingReplacesAnOlderReport(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("out").resolve("report.html");

        Report.write(SampleReport.planned(), file);
        Report.write(SampleReport.ran(), file);

        assertEquals(Report.html(SampleReport.ran()), Files.readString(file));
        try (var files = Files.list(file.getParent())) {
            assertEquals(1, files.count());
        }
    }

    @Test
    void whatIsKeptBesideTheJobIsTheWholeReport(@TempDir Path folder) throws IOException {
        for (ReportData data : List.of(SampleReport.planned(), SampleReport.withKernels(), SampleReport.large())) {
            Path file = ReportFile.write(data, folder.resolve("report.json"));

            assertEquals(data, ReportFile.read(file).orElseThrow());
        }
    }

    @Test
    void aReportOfALaterSchemaIsNotGuessedAt(@TempDir Path folder) throws IOException {
        Path file = ReportFile.write(SampleReport.planned(), folder.resolve("report.json"));
        Files.writeString(file, Files.readString(file).replaceFirst("\"schema\":2", "\"schema\":3"));

        assertTrue(ReportFile.read(file).isEmpty());
    }

    @Test
    void aBrokenReportFileIsNotAReport(@TempDir Path folder) throws IOException {
        assertTrue(ReportFile.read(Files.writeString(folder.resolve("report.json"), "{\"schema\":1,"))
                .isEmpty());
    }

    /** What a reader sees of the element that starts so. */
    private static String text(ReportData data, String start) {
        String page = Report.html(data);
        String from = page.substring(page.indexOf("<" + start));
        String end = start.startsWith("section") ? "</section>" : "</main>";
        return TAG.matcher(from.substring(0, from.indexOf(end))).replaceAll("").replace("\n", "");
    }
}
