package dev.dovetail.backends.launch.handover;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.backends.launch.LaunchFile;
import dev.dovetail.backends.launch.handover.HandOver.Source;
import dev.dovetail.ir.block.Ends;
import dev.dovetail.ir.job.ProductFormat;
import dev.dovetail.ir.job.ProductFormats;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decision.Prepare;
import dev.dovetail.ir.plan.Decision.Recompute;
import dev.dovetail.ir.plan.Decision.Schedule;
import dev.dovetail.ir.plan.Decision.Shard;
import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.ir.plan.Offload;
import dev.dovetail.ir.plan.Offload.Part;
import dev.dovetail.ir.plan.Recomputation;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.dataformat.toml.TomlMapper;

/**
 * What is written for other systems is made of their own settings, says what the plan says, or is refused by name.
 *
 * <p>One class for all systems, since each plan is said by every one of them or refused.
 */
class HandOverTest {
    static List<HandOver> targets() {
        return HandOverCatalog.standard().targets();
    }

    private static HandOver target(String name) {
        return targets().stream()
                .filter(target -> target.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    /** Plans over all the values that decisions may have, on two models. */
    private static List<PlannedTraining> plans() {
        var plans = new ArrayList<PlannedTraining>();
        for (TrainJob job : List.of(PlannedJobs.gpt3(), PlannedJobs.llama31(), PlannedJobs.mixture())) {
            for (int tensor : new int[] {1, 8}) {
                for (int pipeline : new int[] {1, 4}) {
                    for (Shard shard : Shard.values()) {
                        int context = tensor == 8 && shard.ordinal() % 2 == 1 ? 2 : 1;
                        for (Recompute recompute : Recompute.values()) {
                            for (Schedule schedule : Schedule.values()) {
                                int virtual = schedule == Schedule.INTERLEAVED || schedule.isV() ? 2 : 1;
                                plans.add(PlannedJobs.planned(
                                        job,
                                        PlannedJobs.decisions(tensor, pipeline, 2)
                                                .with(Decision.CONTEXT, context)
                                                .with(Decision.SHARD, shard)
                                                .with(Decision.RECOMPUTE, Recomputation.of(recompute))
                                                .with(Decision.INTERLEAVE, virtual)
                                                .with(Decision.SCHEDULE, schedule)));
                            }
                        }
                    }
                }
            }
        }
        return plans;
    }

    /** What a target's files set, by the names of its own list. */
    private static Map<String, String> settings(HandOver target, PlannedTraining planned) {
        Map<String, String> settings = new LinkedHashMap<>();
        for (LaunchFile file : target.write(planned)) {
            String name = file.name();
            if (name.endsWith(".sh")) {
                arguments(file.text(), settings);
            } else if (name.endsWith(".overrides")) {
                file.text().lines().filter(line -> !line.startsWith("#")).forEach(line -> {
                    String[] pair = line.split("=", 2);
                    settings.put(pair[0], pair[1]);
                });
            } else if (name.endsWith(".toml")) {
                flatten("", TomlMapper.shared().readTree(file.text()), settings);
            } else {
                String prefix = name.contains("application") ? "application." : "";
                flatten(prefix, JsonMapper.shared().readTree(file.text()), settings);
            }
        }
        return settings;
    }

    private static void arguments(String script, Map<String, String> settings) {
        script.lines()
                .dropWhile(line -> !line.equals("ARGUMENTS=("))
                .skip(1)
                .takeWhile(line -> !line.equals(")"))
                .map(line -> line.strip().split(" ", 2))
                .forEach(pair -> settings.put(pair[0], pair.length > 1 ? pair[1] : ""));
    }

    private static void flatten(String prefix, JsonNode node, Map<String, String> settings) {
        for (Map.Entry<String, JsonNode> entry : node.properties()) {
            String name = prefix + entry.getKey();
            if (name.equals("optimizer.params") || name.equals("scheduler.params")) {
                flatten(name + "." + node.get("type").asString() + ".", entry.getValue(), settings);
            } else if (entry.getValue().isObject()) {
                flatten(name + ".", entry.getValue(), settings);
            } else {
                settings.put(
                        name,
                        entry.getValue().isArray() ? "list" : entry.getValue().asString());
            }
        }
    }

    private static Optional<Map<String, String>> written(HandOver target, PlannedTraining planned) {
        try {
            return Optional.of(settings(target, planned));
        } catch (NotExpressible refused) {
            return Optional.empty();
        }
    }

    private static NotExpressible refusal(HandOver target, PlannedTraining planned) {
        return assertThrows(NotExpressible.class, () -> target.write(planned));
    }

    /** @param value of the setting {@code said}; null where {@code said} is what the system refuses */
    private static void assertSaidOrRefused(HandOver target, PlannedTraining planned, String said, String value) {
        if (value == null) {
            assertEquals(said, refusal(target, planned).said());
        } else {
            assertEquals(value, settings(target, planned).get(said));
        }
    }

    /** A model that the system knows: torchtitan has no GPT-3. */
    private static TrainJob knownTo(HandOver target) {
        return target.name().equals("torchtitan") ? PlannedJobs.llama31() : PlannedJobs.gpt3();
    }

    @ParameterizedTest
    @MethodSource("targets")
    void everySettingIsOnTheSystemsOwnList(HandOver target) throws IOException {
        KnownSettings known = KnownSettings.of(target.name());
        assertEquals(new Source(known.repository(), known.commit()), target.source());
        long expressed = plans().stream()
                .flatMap(planned -> written(target, planned).stream())
                .peek(settings -> settings.forEach(known::accept))
                .count();
        assertTrue(expressed > 0, () -> target.name() + " expresses none of these plans");
    }

    @Test
    void aSettingThatIsNotOnTheListIsFound() throws IOException {
        KnownSettings known = KnownSettings.of("megatron");
        assertThrows(AssertionError.class, () -> known.accept("--tensor-parallel-size", "8"));
        assertThrows(AssertionError.class, () -> known.accept("--bf16", "true"));
        assertThrows(AssertionError.class, () -> known.accept("--recompute-granularity", "attention"));
    }

    /** Two plans that differ lead to files that differ, or to a refusal: nothing that was decided is lost. */
    @ParameterizedTest
    @MethodSource("targets")
    void noDecisionIsLostInSilence(HandOver target) {
        Map<Map<String, String>, String> seen = new LinkedHashMap<>();
        for (PlannedTraining planned : plans()) {
            Decisions decisions = planned.plan().decisions();
            // On one stage gpipe is 1f1b with more alive, and the order is nobody's to choose.
            if (decisions.get(Decision.PIPELINE) == 1 && decisions.get(Decision.SCHEDULE) != Schedule.ONE_F_ONE_B) {
                continue;
            }
            written(target, planned).ifPresent(settings -> {
                var key = new TreeMap<>(settings);
                key.put("job", planned.job().name());
                String said = decisions + " of " + planned.job().name();
                String before = seen.putIfAbsent(key, said);
                assertEquals(null, before, () -> target.name() + " says the same for " + said);
            });
        }
    }

    /** Whoever adds a decision finds every system refusing it until someone says what it means there. */
    @ParameterizedTest
    @MethodSource("targets")
    void aDecisionNobodyMappedIsRefusedByName(HandOver target) {
        var unmapped = new Decision<>("tomorrow", text -> text, value -> value);
        var planned = PlannedJobs.planned(
                knownTo(target),
                PlannedJobs.decisions(1, 1, 8).with(Decision.SHARD, Shard.NONE).with(unmapped, "sunny"));
        NotExpressible refused = refusal(target, planned);
        assertEquals("tomorrow sunny", refused.said());
        assertTrue(refused.getMessage().startsWith(target.name() + " cannot express `tomorrow sunny`: "));
    }

    @Test
    void megatronGetsThePaperPlanOfGpt3() {
        var planned = PlannedJobs.planned(
                PlannedJobs.gpt3(),
                PlannedJobs.decisions(8, 8, 16)
                        .with(Decision.INTERLEAVE, 3)
                        .with(Decision.SCHEDULE, Schedule.INTERLEAVED)
                        .with(Decision.SHARD, Shard.OPTIMIZER)
                        .with(Decision.RECOMPUTE, Recomputation.SELECTIVE));
        Map<String, String> arguments = settings(target("megatron"), planned);
        assertEquals("8", arguments.get("--tensor-model-parallel-size"));
        assertEquals("8", arguments.get("--pipeline-model-parallel-size"));
        assertEquals("3", arguments.get("--num-virtual-stages-per-pipeline-rank"));
        assertEquals("core_attn", arguments.get("--recompute-modules"));
        assertEquals("96", arguments.get("--num-layers"));
        assertEquals("1536", arguments.get("--global-batch-size"));
        assertTrue(arguments
                .keySet()
                .containsAll(List.of("--sequence-parallel", "--use-distributed-optimizer", "--bf16")));
        assertTrue(Stream.of("--swiglu", "--disable-bias-linear", "--untie-embeddings-and-output-weights")
                .noneMatch(arguments::containsKey));
        String script = target("megatron").write(planned).getFirst().text();
        assertTrue(script.contains("--nnodes 128 --nproc-per-node 8"), script);
    }

    @Test
    void torchtitanKnowsLlamaByItsFlavor() {
        var planned = PlannedJobs.planned(
                PlannedJobs.llama31(),
                PlannedJobs.decisions(4, 2, 8)
                        .with(Decision.SHARD, Shard.PARAMETERS)
                        .with(Decision.MICROBATCH, 2)
                        .with(Decision.RECOMPUTE, Recomputation.FULL));
        Map<String, String> config = settings(target("torchtitan"), planned);
        assertEquals("llama3", config.get("model.name"));
        assertEquals("8B", config.get("model.flavor"));
        assertEquals("8", config.get("parallelism.data_parallel_shard_degree"));
        assertEquals("64", config.get("training.local_batch_size"));
        assertEquals("2", config.get("parallelism.pipeline_parallel_microbatch_size"));
        assertEquals("16", config.get("parallelism.pipeline_parallel_layers_per_stage"));
        assertEquals("bfloat16", config.get("training.mixed_precision_param"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "megatron   | FP8       | --fp8-recipe     | tensorwise",
                "megatron   | MXFP8     | --fp8-format     | hybrid",
                "nemo       | FP8_BLOCK | model.fp8_recipe | blockwise",
                "megatron   | NVFP4     | matmul nvfp4     |",
                "deepspeed  | FP8       | matmul fp8       |",
                "calculon   | MXFP8     | matmul mxfp8     |"
            })
    void narrowProductsAreSaidOrRefused(String name, ProductFormat format, String said, String value) {
        TrainJob job = PlannedJobs.gpt3();
        var planned = PlannedJobs.planned(
                job.with(job.precision().multiplying(ProductFormats.of(format))),
                PlannedJobs.decisions(1, 1, 8).with(Decision.SHARD, Shard.OPTIMIZER));
        assertSaidOrRefused(target(name), planned, said, value);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "megatron   | --context-parallel-size | 4",
                "nemo       | model.context_parallel_size | 4",
                "torchtitan | parallelism.context_parallel_degree | 4",
                "deepspeed  | context 4 |",
                "calculon   | context 4 |"
            })
    void ranksThatShareSequencesAreSaidOrRefused(String name, String said, String value) {
        TrainJob job = name.equals("calculon") ? PlannedJobs.gpt3() : PlannedJobs.llama31();
        var planned = PlannedJobs.planned(
                job, PlannedJobs.decisions(1, 1, 8).with(Decision.CONTEXT, 4).with(Decision.SHARD, Shard.PARAMETERS));
        assertSaidOrRefused(target(name), planned, said, value);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "megatron   | --cp-comm-type | a2a",
                "nemo       | model.cp_comm_type | a2a",
                "torchtitan | context_exchange all_to_all |"
            })
    void ranksThatChangeSidesForAttentionAreSaidOrRefused(String name, String said, String value) {
        var planned = PlannedJobs.planned(
                PlannedJobs.llama31(),
                PlannedJobs.decisions(1, 1, 8)
                        .with(Decision.CONTEXT, 4)
                        .with(Decision.CONTEXT_EXCHANGE, Decision.ContextExchange.ALL_TO_ALL)
                        .with(Decision.SHARD, Shard.PARAMETERS));
        assertSaidOrRefused(target(name), planned, said, value);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "megatron   | WORKER  | --num-workers | 1",
                "torchtitan | WORKER  | training.dataloader.num_workers | 1",
                "megatron   | IN_STEP | --num-workers | 0",
                "megatron   | STORAGE | prepare storage |",
                "nemo       | WORKER  | prepare worker |",
                "deepspeed  | WORKER  | prepare worker |"
            })
    void whoPreparesSamplesIsSaidOrRefused(String name, Prepare prepare, String said, String value) {
        int away = prepare.away() ? 1 : 0;
        var planned = PlannedJobs.planned(
                PlannedJobs.llama31(),
                PlannedJobs.decisions(1, 1, 8)
                        .with(Decision.SHARD, Shard.PARAMETERS)
                        .with(Decision.PREPARE, prepare)
                        .with(Decision.PREPARE_HELPERS, 0)
                        .with(Decision.PREPARE_STEPS, away)
                        .with(Decision.PREPARE_SHARE, away));
        assertSaidOrRefused(target(name), planned, said, value);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "deepspeed  | zero_optimization.offload_optimizer.device | cpu",
                "calculon   | optimizer_offload | true",
                "megatron   | offload optimizer |",
                "nemo       | offload optimizer |",
                "torchtitan | offload optimizer |"
            })
    void anOptimizerInTheHostsMemoryIsSaidOrRefused(String name, String said, String value) {
        var planned = PlannedJobs.planned(
                name.equals("calculon") ? PlannedJobs.gpt3() : PlannedJobs.llama31(),
                PlannedJobs.decisions(1, 1, 8)
                        .with(Decision.OFFLOAD, Offload.OPTIMIZER)
                        .with(Decision.OFFLOAD_TO, Decision.Tier.HOST)
                        .with(Decision.SHARD, Shard.OPTIMIZER));
        assertSaidOrRefused(target(name), planned, said, value);
    }

    /** ZeRO-Infinity: its weights, gradients and optimizer state on drives. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "deepspeed  | zero_optimization.offload_param.device | nvme",
                "deepspeed  | zero_optimization.offload_optimizer.device | nvme",
                "megatron   | offload [weights, gradients, optimizer] |",
                "nemo       | offload [weights, gradients, optimizer] |",
                "torchtitan | offload [weights, gradients, optimizer] |"
            })
    void stateOnDrivesIsSaidOrRefused(String name, String said, String value) {
        var planned = PlannedJobs.planned(
                PlannedJobs.llama31(),
                PlannedJobs.decisions(1, 1, 8)
                        .with(Decision.OFFLOAD, Offload.of(Part.WEIGHTS, Part.GRADIENTS, Part.OPTIMIZER))
                        .with(Decision.OFFLOAD_TO, Decision.Tier.STORAGE)
                        .with(Decision.SHARD, Shard.PARAMETERS));
        assertSaidOrRefused(target(name), planned, said, value);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "megatron   | --expert-model-parallel-size | 8",
                "megatron   | --expert-tensor-parallel-size | 1",
                "megatron   | --moe-router-group-topk | 2",
                "megatron   | --moe-shared-expert-intermediate-size | 14336",
                "nemo       | model.expert_model_parallel_size | 8",
                "nemo       | model.moe_expert_capacity_factor | 1.25",
                "torchtitan | moe |",
                "deepspeed  | expert 4 |",
                "calculon   | moe |"
            })
    void expertsAndTheirRanksAreSaidOrRefused(String name, String said, String value) {
        var planned = PlannedJobs.planned(
                PlannedJobs.mixture(),
                PlannedJobs.decisions(2, 1, 8).with(Decision.EXPERT, 4).with(Decision.SHARD, Shard.OPTIMIZER));
        assertSaidOrRefused(target(name), planned, said, value);
    }

    private static PlannedTraining uneven(TrainJob job, Integer... layers) {
        return PlannedJobs.planned(
                job,
                PlannedJobs.decisions(8, layers.length, 2)
                        .with(Decision.SHARD, Shard.PARAMETERS)
                        .with(Decision.STAGES, List.of(layers)));
    }

    @Test
    void unevenStagesAreCutWhereThePlanCutsThem() throws IOException {
        var gpt3 = uneven(PlannedJobs.gpt3(), 23, 25, 25, 23);
        String cut = "Et*23|t*25|t*25|t*23L";
        assertEquals("'" + cut + "'", settings(target("megatron"), gpt3).get("--pipeline-model-parallel-layout"));
        assertEquals(cut, settings(target("nemo"), gpt3).get("model.pipeline_model_parallel_layout"));

        String config = target("torchtitan")
                .write(uneven(PlannedJobs.llama31(), 15, 17))
                .getFirst()
                .text();
        JsonNode parts =
                TomlMapper.shared().readTree(config).path("parallelism").path("module_fqns_per_model_part");
        assertEquals(2, parts.size());
        assertEquals(16, parts.get(0).size(), "the embedding and 15 layers");
        assertEquals("layers.14", parts.get(0).get(15).asString());
        assertEquals("layers.15", parts.get(1).get(0).asString());
        assertEquals("output", parts.get(1).get(18).asString());

        var plain = PlannedJobs.planned(
                PlannedJobs.gpt3(), PlannedJobs.decisions(8, 2, 2).with(Decision.STAGES, List.of(47, 49)));
        assertEquals("stages [47, 49]", refusal(target("calculon"), plain).said());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "megatron   | schedule gpipe",
                "nemo       | schedule gpipe",
                "torchtitan | model gpt3_175b",
                "deepspeed  | pipeline 4",
                "calculon   | schedule gpipe"
            })
    void whatASystemCannotDoIsRefusedByName(String name, String said) {
        var planned = PlannedJobs.planned(
                PlannedJobs.gpt3(), PlannedJobs.decisions(1, 4, 8).with(Decision.SCHEDULE, Schedule.GPIPE));
        assertEquals(said, refusal(target(name), planned).said());
    }

    /** A plan counts the encoder's layers too. What is written for DeepSpeed speaks of no layers. */
    @ParameterizedTest
    @CsvSource({"megatron", "nemo", "torchtitan", "calculon"})
    void aModelThatReadsAnotherIsRefused(String name) {
        HandOver target = target(name);
        TrainJob job = knownTo(target);
        var source = new dev.dovetail.ir.block.Source(job.model(), Optional.empty(), false, false, 0);
        TrainJob reads = PlannedJobs.job(
                job.model().between(Ends.TEXT.reading(source)), 8, 512, job.sequence(), job.precision());
        var planned = PlannedJobs.planned(reads, PlannedJobs.decisions(1, 1, 8));
        assertEquals("model " + job.model().name(), refusal(target, planned).said());
    }

    @ParameterizedTest
    @MethodSource("targets")
    void loweredClocksAreRefused(HandOver target) {
        var planned = PlannedJobs.planned(
                knownTo(target), PlannedJobs.decisions(1, 1, 8).with(Decision.FREQUENCY, 1110));
        NotExpressible refused = refusal(target, planned);
        assertEquals("frequency 1110", refused.said());
        assertTrue(refused.getMessage().contains("fix `frequency 1410`"), refused.getMessage());
    }

    @ParameterizedTest
    @MethodSource("targets")
    void sharesThatDifferAreRefused(HandOver target) {
        var planned = PlannedJobs.planned(knownTo(target), PlannedJobs.decisions(1, 1, 7));
        assertEquals("data 7", refusal(target, planned).said());
    }
}
