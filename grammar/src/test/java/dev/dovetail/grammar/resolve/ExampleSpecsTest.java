package dev.dovetail.grammar.resolve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.grammar.SpecFolders;
import dev.dovetail.grammar.diagnostic.Diagnostic;
import dev.dovetail.grammar.diagnostic.DiagnosticCode;
import dev.dovetail.ir.job.DataSource;
import dev.dovetail.ir.job.Objective;
import dev.dovetail.ir.job.Requirement;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.tensor.ElementType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The specs that people copy are understood, or answered with "not supported yet" at the right line. */
class ExampleSpecsTest {

    static Stream<Path> examples() throws IOException {
        return Stream.concat(SpecFolders.specs(SpecFolders.EXAMPLES), SpecFolders.specs(SpecFolders.GOOD));
    }

    @ParameterizedTest
    @MethodSource("examples")
    void isUnderstoodButForWhatIsStillToCome(Path path) throws IOException {
        ResolvedSpec resolved = Specs.resolve(SpecFolders.read(path), path.getParent());
        for (Diagnostic diagnostic : resolved.diagnostics()) {
            assertEquals(DiagnosticCode.UNSUPPORTED, diagnostic.code(), diagnostic::toString);
            assertTrue(diagnostic.message().contains("not supported yet"), diagnostic.message());
        }
    }

    @Test
    void theQuickstartIsAWholeJob() throws IOException {
        TrainJob job = job("quickstart.dove");
        assertEquals("tiny_gpt", job.name());
        assertEquals(256, job.model().vocab());
        assertEquals(
                512,
                job.model()
                        .stacks()
                        .getFirst()
                        .subLayers()
                        .get(1)
                        .settings()
                        .count("inner")
                        .orElseThrow());
        assertEquals(4, job.cluster().thisMachine().orElseThrow().workers());
        assertEquals(2, job.cluster().thisMachine().orElseThrow().cores());
        assertEquals(new DataSource.JdkSource(), job.data());
        assertEquals(32, job.batch());
        assertEquals(128, job.sequence());
        assertEquals(900, job.steps());
        assertEquals(1e-3, job.optimizer().learningRate());
        assertEquals(20, job.optimizer().warmup());
        assertEquals(ElementType.F32, job.precision().compute());
        assertEquals("2", job.fixed().get("pipeline").value());
        assertEquals("quickstart.dove", job.fixed().get("data").origin().file());
    }

    @Test
    void gpt3OnSeleneIsAWholeJob() throws IOException {
        TrainJob job = job("gpt3-175b-pretrain.dove");
        // 96 layers of 12 h^2 + 13 h, token and position tables, the final norm; vocabulary padded to 51200.
        assertEquals(174_615_846_912L, Specs.parameters(job.model()));
        assertEquals(1024, job.cluster().devices());
        assertEquals(25e9, job.cluster().node().scaleOut().value());
        assertEquals(80_000_000_000L, job.cluster().node().device().memory().count());
        assertEquals(1410, job.cluster().node().device().clocks().orElseThrow().highestMhz());
        assertEquals(271.2 / 312, job.cluster().node().device().attainable(), 1e-12);
        assertEquals(95368, job.steps());
        assertEquals(ElementType.BF16, job.precision().compute());
        assertEquals(ElementType.F32, job.precision().master());
        assertEquals(List.of(Objective.TIME), job.objectives());
        Requirement.MemoryShare memory =
                (Requirement.MemoryShare) job.requirements().getFirst();
        assertEquals(0.95, memory.share());
        assertEquals(29, memory.origin().line());
    }

    private static TrainJob job(String name) throws IOException {
        Path path = SpecFolders.EXAMPLES.resolve(name);
        ResolvedSpec resolved = Specs.resolve(SpecFolders.read(path), path.getParent());
        assertEquals(List.of(), resolved.diagnostics());
        return resolved.jobs().getFirst();
    }
}
