package dev.dovetail.grammar.resolve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.grammar.diagnostic.Diagnostic;
import dev.dovetail.grammar.diagnostic.DiagnosticCode;
import dev.dovetail.grammar.format.SpecFormatter;
import dev.dovetail.grammar.parse.SpecParser;
import dev.dovetail.grammar.syntax.SourceText;
import dev.dovetail.ir.cluster.Cluster;
import dev.dovetail.ir.cluster.Device;
import dev.dovetail.ir.job.DataSource;
import dev.dovetail.ir.job.Objective;
import dev.dovetail.ir.job.Precision;
import dev.dovetail.ir.job.ProductClass;
import dev.dovetail.ir.job.ProductFormat;
import dev.dovetail.ir.job.ProductFormats;
import dev.dovetail.ir.job.Requirement;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.tensor.ElementType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SpecResolverTest {
    private static final String MODEL = """
            model tiny {
              vocab   bytes
              width   64
              context 32
              repeat 2 {
                attention { heads 4 }
                mlp       { inner 4 * width }
              }
            }
            """;
    private static final String CLUSTER = "cluster pod { nodes 2 of \"DGX-A100-80GB\" }\n";

    private static TrainJob job(String entries, String... overrides) {
        return Specs.sound(MODEL + CLUSTER + "train tiny on pod {\nbatch 8 sequences\n" + entries + "\n}\n", overrides)
                .jobs()
                .getFirst();
    }

    @Test
    void whatIsNotSaidHasItsDefault() {
        TrainJob job = job("");
        assertEquals(List.of(Objective.TIME), job.objectives());
        assertEquals(new DataSource.None(), job.data());
        assertEquals(Precision.uniform(ElementType.F32), job.precision());
        assertEquals(0, job.steps());
        assertEquals(0, job.seed());
        assertEquals(32, job.sequence());
        assertEquals(Cluster.Network.FULL, job.cluster().network());
    }

    @Test
    void sayingTheDefaultsChangesNothing() throws IOException {
        for (String spec : List.of("quickstart.dove", "gpt3-175b-pretrain.dove")) {
            String text = Files.readString(Path.of("..", "specs", spec));
            String explicit = SpecFormatter.format(ExplicitDefaults.said(
                    SpecParser.parse(new SourceText(spec, text)).file()));
            assertNotEquals(text, explicit);
            TrainJob plain = Specs.sound(text).jobs().getFirst();
            TrainJob said = Specs.sound(explicit).jobs().getFirst();
            assertEquals(Specs.parameters(plain.model()), Specs.parameters(said.model()));
            assertEquals(plain.precision(), said.precision());
            assertEquals(plain.optimizer(), said.optimizer());
            assertEquals(plain.objectives(), said.objectives());
            assertEquals(plain.checkpointEvery(), said.checkpointEvery());
            assertEquals(plain.model().epsilon(), said.model().epsilon());
            assertEquals(plain.model().biases(), said.model().biases());
        }
    }

    @ParameterizedTest
    @CsvSource({
        "precision fp64, F64, F64, F64",
        "precision bf16, BF16, F32, F32",
        "'precision { weights bf16, state bf16, matmul bf16 }', BF16, F32, BF16",
    })
    void precisionsWidenWhatTheyMust(String entry, ElementType compute, ElementType gradient, ElementType state) {
        Precision precision = job(entry).precision();
        assertEquals(
                List.of(compute, gradient, state),
                List.of(precision.compute(), precision.gradient(), precision.state()));
    }

    @ParameterizedTest
    @CsvSource({"fp8, FP8", "fp8_block, FP8_BLOCK", "mxfp8, MXFP8", "nvfp4, NVFP4", "bf16, STORED"})
    void productsMayBeNarrowerThanWeights(String word, ProductFormat format) {
        assertEquals(
                ProductFormats.of(format),
                job("precision { weights bf16, matmul " + word + " }")
                        .precision()
                        .products());
    }

    @Test
    void classesOfLinearLayersMayMultiplyInFormatsOfTheirOwn() {
        assertEquals(
                ProductFormats.of(ProductFormat.MXFP8)
                        .with(ProductClass.EXPERTS, ProductFormat.NVFP4)
                        .with(ProductClass.ATTENTION, ProductFormat.STORED),
                job("precision { weights bf16, matmul mxfp8 { experts nvfp4, attention bf16 } }")
                        .precision()
                        .products());
    }

    @Test
    void requirementsComeInBlocksOrOneByOne() {
        List<Requirement> requirements =
                job("require { memory <= 70 GB, time <= 34 days }\nrequire energy <= 1.05 of least")
                        .requirements();
        assertEquals(3, requirements.size());
        assertEquals(
                70_000_000_000L,
                ((Requirement.MemoryBytes) requirements.get(0)).limit().count());
        assertEquals(34 * 86400.0, ((Requirement.AtMost) requirements.get(1)).limit());
        assertEquals(1.05, ((Requirement.WithinFactorOfBest) requirements.get(2)).factor());
    }

    @Test
    void objectivesKeepTheirOrder() {
        assertEquals(
                List.of(Objective.ENERGY, Objective.TIME, Objective.COST),
                job("minimize energy then time then cost").objectives());
    }

    @Test
    void tokensBecomeWholeSteps() {
        assertEquals(4, job("tokens 1000").steps());
        assertEquals(600, job("steps 600").steps());
        assertEquals(16, job("").tokensPerStep() / 16);
    }

    @Test
    void stagesAreListedOneByOneOrInRuns() {
        assertEquals(
                "[5, 6, 5]",
                job("fix { stages [5, 6, 5] }").fixed().get("stages").value());
        assertEquals(
                "[5, 10 x 6, 5]",
                job("fix { stages [5, 10 x 6, 5] }").fixed().get("stages").value());
    }

    @Test
    void fixedDecisionsAreWrittenAsThePlanWritesThem() {
        var fixed = job("fix { tensor 8, sequence on, schedule 1f1b, frequency 1410 MHz, shard optimizer }")
                .fixed();
        assertEquals("1410", fixed.get("frequency").value());
        assertEquals("1f1b", fixed.get("schedule").value());
        assertEquals("on", fixed.get("sequence").value());
        assertEquals(13, fixed.get("tensor").origin().line());
    }

    @Test
    void aJobMayPayAnotherPriceThanItsCluster() {
        TrainJob job = job("price 2.10 USD/hour\ngrid { price 0.12 USD/kWh, carbon 350 gCO2/kWh, pue 1.15 }");
        Device device = job.cluster().node().device();
        assertEquals(2.10, device.price().orElseThrow().value(), 1e-12);
        assertEquals(0.12, job.cluster().grid().price().orElseThrow().value(), 1e-12);
        assertEquals(350, job.cluster().grid().carbon().orElseThrow().value(), 1e-9);
        assertEquals(1.15, job.cluster().grid().powerUsageEffectiveness());
    }

    @Test
    void forbidsOneOrSeveralTechniques() {
        assertEquals(List.of("recompute"), job("forbid recompute").forbidden());
        assertEquals(
                List.of("tensor", "interleave"),
                job("forbid [tensor, interleave]").forbidden());
    }

    @Test
    void expressionsSeeTheEntriesAroundThemInAnyOrder() {
        var model = Specs.sound(MODEL.replace("heads 4", "heads context / 8, head_dim 2 * (width - 32) / heads"))
                .models()
                .getFirst();
        var attention = model.stacks().getFirst().subLayers().getFirst().settings();
        assertEquals(4, attention.count("heads").orElseThrow());
        assertEquals(16, attention.count("head_dim").orElseThrow());
    }

    @Test
    void aModelsRopeHoldsForEachAttentionThatDoesNotSayItself() {
        var model = Specs.sound(MODEL.replace("width   64", "width 64\npositions rope { theta 5e5 }")
                        .replace("heads 4 }", "heads 4 }\nattention { heads 4, rope { theta 7 } }"))
                .models()
                .getFirst();
        var layers = model.stacks().getFirst().subLayers();
        assertEquals(
                5e5,
                layers.get(0)
                        .settings()
                        .group("rope")
                        .orElseThrow()
                        .real("theta")
                        .orElseThrow());
        assertEquals(
                7,
                layers.get(1)
                        .settings()
                        .group("rope")
                        .orElseThrow()
                        .real("theta")
                        .orElseThrow());
    }

    @Test
    void extendingTakesOverAndMergesBlocks() {
        Cluster cluster = Specs.sound("""
                        device slow extends a100_sxm_80gb { memory 40 GB at 1 TB/s, power { limit 300 W } }
                        node "slow-8" extends "DGX-A100-80GB" { 8 of slow }
                        cluster c { nodes 1 of "slow-8" }
                        """).clusters().getFirst();
        Device device = cluster.node().device();
        assertEquals(40_000_000_000L, device.memory().count());
        assertEquals(300, device.power().limit().value());
        assertEquals(83.64, device.power().idle().value());
        assertEquals(1410, device.clocks().orElseThrow().highestMhz());
        assertEquals(312e12, device.compute().get(ElementType.BF16).value());
        assertEquals(25e9, cluster.node().scaleOut().value());
    }

    @Test
    void aBlockBehindAConfigOverridesIt() {
        String path = "models/gpt2/config.json";
        var plain = Specs.sound("model m from \"" + path + "\"\n").models().getFirst();
        var changed = Specs.sound("model m from \"" + path + "\" { context 512, vocab 50304 }\n")
                .models()
                .getFirst();
        assertEquals(50257, plain.vocab());
        assertEquals(50304, changed.vocab());
        assertEquals(512, changed.context());
        assertEquals(plain.width(), changed.width());
    }

    @Test
    void importsBringDefinitionsAndAreReadOnce(@TempDir Path folder) throws IOException {
        Files.createDirectories(folder.resolve("lib"));
        Files.writeString(folder.resolve("lib/models.dove"), MODEL + "train tiny on nowhere { batch 1 sequences }\n");
        Files.writeString(folder.resolve("lib/both.dove"), "import \"models.dove\"\n" + CLUSTER);
        String text = "import \"lib/models.dove\"\nimport \"lib/both.dove\"\ntrain tiny on pod { batch 8 sequences }\n";
        ResolvedSpec resolved = Specs.resolve(new SourceText("main.dove", text), folder);
        assertEquals(List.of(), resolved.diagnostics());
        assertEquals(1, resolved.jobs().size());
        assertEquals(
                "lib/models.dove", resolved.models().getFirst().origin().file().replace('\\', '/'));
    }

    @Test
    void mistakesInImportsAreShownThere(@TempDir Path folder) throws IOException {
        Files.writeString(folder.resolve("bad.dove"), MODEL.replace("width   64", "width   64 GB"));
        ResolvedSpec resolved = Specs.resolve(new SourceText("main.dove", "import \"bad.dove\"\n"), folder);
        Diagnostic only = resolved.diagnostics().getFirst();
        assertEquals("bad.dove", only.primary().span().file());
        assertEquals(3, only.primary().span().line());
        assertTrue(resolved.sources().containsKey("bad.dove"));
    }

    @Test
    void twoJobsOfOneModelNeedNames() {
        String jobs = "train tiny on pod { batch 8 sequences }\ntrain tiny on pod as long { batch 16 sequences }\n";
        ResolvedSpec named = Specs.sound(MODEL + CLUSTER + jobs);
        assertEquals(16, named.job("long").orElseThrow().batch());
        assertEquals(8, named.job("tiny").orElseThrow().batch());
        ResolvedSpec twice = Specs.resolve(MODEL + CLUSTER + jobs.replace(" as long", ""));
        assertEquals(
                DiagnosticCode.DUPLICATE_NAME, twice.diagnostics().getFirst().code());
    }

    @Test
    void setSaysOneEntryOtherwise() {
        assertEquals(64, job("", "batch=64 sequences").batch());
        assertEquals(128, job("", "width=128").model().width());
        assertEquals(96, job("", "tiny.width=96").model().width());
        assertEquals(
                2,
                job("", "attention.heads=2")
                        .model()
                        .stacks()
                        .getFirst()
                        .subLayers()
                        .getFirst()
                        .settings()
                        .count("heads")
                        .orElseThrow());
    }

    @Test
    void setAddsEntriesAndDecisions() {
        assertEquals(7, job("", "seed=7").seed());
        assertEquals("4", job("", "tensor=4").fixed().get("tensor").value());
        assertEquals(
                "4",
                job("fix { pipeline 2 }", "fix.tensor=4").fixed().get("tensor").value());
        assertEquals(
                "4", job("fix { tensor 2 }", "tensor=4").fixed().get("tensor").value());
    }

    @ParameterizedTest
    @CsvSource({
        "widht=3, nothing is called `widht`",
        "width, sets nothing",
        "'width=[', never closed",
        "heads=x, no value is called `x`"
    })
    void aWrongSettingIsADiagnostic(String override, String message) {
        List<String> messages = Specs.resolve(MODEL + CLUSTER, override).diagnostics().stream()
                .map(Diagnostic::message)
                .toList();
        assertTrue(messages.stream().anyMatch(text -> text.contains(message)), messages::toString);
    }

    @Test
    void afterABrokenDeclarationItsNameIsNoSecondMistake() {
        ResolvedSpec resolved = Specs.resolve(
                MODEL.replace("model tiny", "modle tiny") + CLUSTER + "train tiny on pod { batch 8 sequences }\n");
        assertEquals(
                List.of(DiagnosticCode.UNKNOWN_DECLARATION),
                resolved.diagnostics().stream().map(Diagnostic::code).toList());
    }

    @Test
    void noPlannedWordIsAlreadyKnown() {
        for (var schema : List.of(
                ModelReader.SCHEMA,
                ClusterReader.SCHEMA,
                NodeReader.NODE,
                DeviceReader.SCHEMA,
                TrainJobReader.SCHEMA)) {
            schema.entries()
                    .forEach(entry -> assertTrue(
                            !NotYet.isPlanned(schema.name(), entry.name()), schema.name() + " knows " + entry.name()));
        }
        DecisionReader.DECISIONS.forEach(decision -> assertTrue(!NotYet.isPlanned("fix", decision.name())));
    }
}
