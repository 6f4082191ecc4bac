package dev.dovetail.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.cli.CapturedContext;
import dev.dovetail.cli.ExitStatus;
import dev.dovetail.cli.SmallSpec;
import dev.dovetail.cli.terminal.Terminal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

class CompileCommandTest {
    @TempDir
    private Path folder;

    private CapturedContext context;

    @BeforeEach
    void standInTheFolder() {
        context = new CapturedContext(folder, Terminal.plain());
    }

    private void write(String requirement) throws IOException {
        Files.writeString(folder.resolve("spec.dove"), SmallSpec.asking(requirement));
    }

    private Map<?, ?> json() {
        assertEquals(1, context.out().size(), "one JSON object and nothing else");
        return JsonMapper.builder().build().readValue(context.out().getFirst(), Map.class);
    }

    @Test
    void printsTheDocumentedObject() throws IOException {
        write("");
        assertEquals(ExitStatus.OK, context.run("compile", "spec.dove", "--emit=plan", "--json"));
        Map<?, ?> json = json();
        assertEquals(1, json.get("schema"));
        assertEquals("optimal", json.get("status"));
        assertTrue(((Map<?, ?>) json.get("plan"))
                .keySet()
                .containsAll(List.of("tensor", "pipeline", "data", "microbatch")));
        Map<?, ?> predicted = (Map<?, ?>) json.get("predicted");
        Map<?, ?> memory = (Map<?, ?>) predicted.get("memory_bytes_per_device");
        long parts = List.of("parameters", "gradients", "optimizer", "activations", "workspace").stream()
                .mapToLong(part -> ((Number) memory.get(part)).longValue())
                .sum();
        assertEquals(((Number) memory.get("total")).longValue(), parts);
        assertEquals(0.0, ((Number) ((Map<?, ?>) json.get("bound")).get("gap")).doubleValue());
    }

    @Test
    void breakdownAddsUpToTheStep() throws IOException {
        write("");
        context.run("compile", "spec.dove", "--emit=plan", "--json");
        Map<?, ?> json = json();
        double sum = ((Map<?, ?>) json.get("breakdown_seconds"))
                .values().stream().mapToDouble(v -> ((Number) v).doubleValue()).sum();
        double step = ((Number) ((Map<?, ?>) json.get("predicted")).get("step_seconds")).doubleValue();
        assertEquals(step, sum, 1e-9 * step);
    }

    @Test
    void aFixedDecisionIsTakenAndSaysSo() throws IOException {
        write("fix { tensor 2, pipeline 2 }");
        assertEquals(ExitStatus.OK, context.run("compile", "spec.dove", "--emit=plan", "--json"));
        Map<?, ?> json = json();
        assertEquals(2, ((Map<?, ?>) json.get("plan")).get("tensor"));
        assertEquals("fixed", ((Map<?, ?>) json.get("decided_by")).get("tensor"));
    }

    @Test
    void setOverridesWhatTheSpecFixes() throws IOException {
        write("fix { tensor 2 }");
        context.run("compile", "spec.dove", "--emit=plan", "--json", "--set", "tensor=4");
        assertEquals(4, ((Map<?, ?>) json().get("plan")).get("tensor"));
    }

    @Test
    void anInfeasibleSpecNamesTheClashAndTheLeastChange() throws IOException {
        write("require memory <= 1 MB");
        assertEquals(ExitStatus.INFEASIBLE, context.run("compile", "spec.dove", "--emit=plan", "--json"));
        Map<?, ?> json = json();
        assertEquals("infeasible", json.get("status"));
        Map<?, ?> conflict = (Map<?, ?>) ((List<?>) json.get("conflicts")).getFirst();
        assertEquals(18, conflict.get("line"));
        assertTrue(!conflict.get("least_change").toString().isEmpty(), conflict.toString());
    }

    @Test
    void aMissingSpecIsToldByName() {
        assertEquals(ExitStatus.WRONG_INPUT, context.run("compile", "nowhere.dove"));
        assertTrue(
                String.join("\n", context.err()).contains("nowhere.dove"),
                context.err().toString());
    }

    @Test
    void thePlanIsPrintedAsATree() throws IOException {
        write("");
        assertEquals(ExitStatus.OK, context.run("compile", "spec.dove", "--emit=plan"));
        String text = String.join("\n", context.out());
        assertTrue(text.contains("plan for small") && text.contains("├─ memory"), text);
    }

    @Test
    void theTreeIsPrintedAsWritten() throws IOException {
        write("");
        assertEquals(ExitStatus.OK, context.run("compile", "spec.dove", "--emit=ast"));
        assertEquals(
                List.of("spec", "  model", "    label small"), context.out().subList(0, 3));
    }

    @Test
    void everyFormHasAJsonFormOfItsName() throws IOException {
        write("fix { tensor 2, pipeline 2, data 2, microbatch 1 }");
        for (String form : List.of("ast", "graph", "program")) {
            standInTheFolder();
            assertEquals(ExitStatus.OK, context.run("compile", "spec.dove", "--emit=" + form, "--json"));
            assertEquals(form, json().get("form"));
        }
    }

    @Test
    void theProgramSaysWhatEachStageDoes() throws IOException {
        write("fix { tensor 2, pipeline 2, data 2, microbatch 1 }");
        assertEquals(ExitStatus.OK, context.run("compile", "spec.dove", "--emit=program"));
        assertEquals(
                2,
                context.out().stream().filter(line -> line.startsWith("stage ")).count());
    }

    @Test
    void aMistakeOfFormEndsTheTree() throws IOException {
        Files.writeString(folder.resolve("spec.dove"), "model small {");
        assertEquals(ExitStatus.WRONG_INPUT, context.run("compile", "spec.dove", "--emit=ast"));
        assertTrue(context.out().isEmpty());
    }

    @Test
    void aJobForThisMachineIsNotWrittenForACluster() throws IOException {
        write("");
        assertEquals(ExitStatus.WRONG_INPUT, context.run("compile", "spec.dove", "--target", "cpu"));
        assertTrue(
                String.join("\n", context.err()).contains("`one` is not this machine"),
                context.err().toString());
    }

    @Test
    void theBoundIsNamedAsWhatIsMinimised() throws IOException {
        write("");
        Path spec = folder.resolve("spec.dove");
        Files.writeString(spec, Files.readString(spec).replace("minimize time", "minimize energy"));
        assertEquals(ExitStatus.OK, context.run("compile", "spec.dove", "--emit=plan", "--json"));
        Map<?, ?> json = json();
        Map<?, ?> bound = (Map<?, ?>) json.get("bound");
        assertEquals(Set.of("energy_joules_per_step", "gap"), bound.keySet());
        assertEquals(
                ((Map<?, ?>) json.get("predicted")).get("energy_joules_per_step"), bound.get("energy_joules_per_step"));
    }

    /** MI300X is AMD's; V100 came before bfloat16. */
    @ParameterizedTest
    @ValueSource(strings = {"MI300X-8", "DGX-2"})
    void onlyThePlanIsWrittenForDevicesWithoutKernels(String node) throws IOException {
        write("");
        Path spec = folder.resolve("spec.dove");
        String precision = node.equals("DGX-2") ? "precision fp32" : "precision bf16";
        Files.writeString(
                spec, Files.readString(spec).replace("DGX-A100-80GB", node).replace("precision bf16", precision));
        assertEquals(ExitStatus.OK, context.run("compile", "spec.dove", "--json"));
        List<?> artifacts = (List<?>) json().get("artifacts");
        Path written = folder.resolve("dovetail-out/small");
        assertEquals(written.resolve("plan.json").toString(), artifacts.getFirst());
        assertEquals(written.resolve("report.html").toString(), artifacts.get(1));
        assertTrue(artifacts.stream().noneMatch(path -> path.toString().endsWith(".cu")), artifacts::toString);
        assertTrue(
                context.err().getFirst().startsWith("planned, not written"),
                context.err().toString());
    }
}
