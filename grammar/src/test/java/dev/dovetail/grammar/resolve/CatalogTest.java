package dev.dovetail.grammar.resolve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.grammar.SpecFolders;
import dev.dovetail.grammar.diagnostic.DiagnosticCode;
import dev.dovetail.grammar.parse.SpecParser;
import dev.dovetail.grammar.resolve.huggingface.HuggingFaceConfig;
import dev.dovetail.grammar.syntax.Definition;
import dev.dovetail.grammar.syntax.DefinitionKind;
import dev.dovetail.grammar.syntax.SourceText;
import dev.dovetail.ir.cluster.Node;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class CatalogTest {
    /** A folder of configs beside a development checkout; the catalog's own copies are tested always. */
    private static final Path CONFIGS_BESIDE = Path.of("..", "..", "shared", "data", "models");

    static Stream<Path> catalogSpecs() throws IOException {
        return SpecFolders.specs(SpecFolders.CATALOG);
    }

    static List<String> models() {
        return Specs.CATALOG.models();
    }

    static List<String> nodes() {
        return Specs.CATALOG.names(DefinitionKind.NODE);
    }

    @ParameterizedTest
    @MethodSource("catalogSpecs")
    void resolvesWithoutComplaint(Path path) throws IOException {
        assertEquals(
                List.of(),
                Specs.resolve(SpecFolders.read(path), path.getParent()).diagnostics());
    }

    @ParameterizedTest
    @MethodSource("catalogSpecs")
    void givesTheSourceOfEachNumber(Path path) throws IOException {
        var file = SpecParser.parse(SpecFolders.read(path)).file();
        List<String> bare = file.declarations().stream()
                .map(declaration -> (Definition) declaration)
                .flatMap(definition -> definition.entries().stream())
                .flatMap(entry -> entry.block().filter(block -> !block.inline()).isPresent()
                                && entry.keyword().equals("power")
                        ? entry.entries().stream()
                        : Stream.of(entry))
                .filter(entry -> !List.of("", "within", "one").contains(entry.keyword()))
                // An entry that shares its line leaves the comment to the last one there.
                .filter(entry -> !entry.keyword().equals("nics"))
                .filter(entry -> entry.trivia().after().isEmpty())
                .map(entry -> entry.span() + " " + entry.keyword())
                .toList();
        assertEquals(List.of(), bare);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"DGX-A100-80GB", "DGX-A100-40GB", "DGX-H100", "DGX-H200", "DGX-B200", "GB200-NVL72", "DGX-2"})
    void knowsTheNodesPeopleBuy(String name) {
        assertTrue(nodes().contains(name));
    }

    @ParameterizedTest
    @MethodSource("nodes")
    void everyNodeMakesACluster(String name) {
        ResolvedSpec resolved = Specs.sound("cluster c { nodes 2 of \"" + name + "\" }\n");
        Node node = resolved.clusters().getFirst().node();
        assertTrue(node.scaleOut().value() >= 1e9, name + " leaves at " + node.scaleOut());
        assertTrue(node.within().bandwidth().compareTo(node.scaleOut()) > 0);
        assertTrue(node.device().attainable() > 0.5 && node.device().attainable() <= 1);
    }

    @Test
    void theRackOfTheGb200IsOneDomain() {
        Node tray = Specs.sound("cluster c { nodes 18 of \"GB200-NVL72\" }\n")
                .clusters()
                .getFirst()
                .node();
        assertEquals(4, tray.devices());
        assertEquals(72, tray.domain());
    }

    @Test
    void theIndexListsEveryFile() throws IOException {
        try (Stream<Path> files = Files.walk(SpecFolders.CATALOG)) {
            TreeSet<String> present = new TreeSet<>(files.filter(Files::isRegularFile)
                    .map(file -> SpecFolders.CATALOG.relativize(file).toString())
                    .filter(file -> !file.equals("index.txt"))
                    .toList());
            assertEquals(present, new TreeSet<>(Files.readAllLines(SpecFolders.CATALOG.resolve("index.txt"))));
        }
    }

    @ParameterizedTest
    @MethodSource("models")
    void countsTheParametersOfEachModelExactly(String name) {
        String path = "models/" + name + "/config.json";
        assertParameters(name, Specs.CATALOG.config(path).orElseThrow(), path, Path.of("."));
    }

    @Test
    void countsTheParametersOfConfigsBesideTheCheckout() throws IOException {
        Assumptions.assumeTrue(Files.isDirectory(CONFIGS_BESIDE), "no folder of configs at " + CONFIGS_BESIDE);
        try (Stream<Path> configs = Files.list(CONFIGS_BESIDE)) {
            for (Path config : configs.filter(file -> file.toString().endsWith(".json"))
                    .sorted()
                    .toList()) {
                String json = Files.readString(config);
                if (json.contains("\"model_type\"")) {
                    assertParameters(
                            config.getFileName().toString(),
                            json,
                            config.getFileName().toString(),
                            CONFIGS_BESIDE);
                }
            }
        }
    }

    private static void assertParameters(String name, String json, String path, Path folder) {
        ResolvedSpec resolved = Specs.resolve(new SourceText("t.dove", "model m from \"" + path + "\"\n"), folder);
        if (!HuggingFaceConfig.knows(json)) {
            assertEquals(
                    DiagnosticCode.UNSUPPORTED,
                    resolved.diagnostics().getFirst().code(),
                    name);
            return;
        }
        assertEquals(List.of(), resolved.diagnostics(), name);
        assertEquals(expected(json), Specs.parameters(resolved.models().getFirst()), name);
    }

    private static long expected(String json) {
        JsonNode meta = JsonMapper.shared().readTree(json).get("_meta");
        JsonNode beside = meta.get("expected_params");
        return (beside == null ? meta.get("parameters") : beside.get("total")).longValue();
    }
}
