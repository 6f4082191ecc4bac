package dev.dovetail.cli.validate.row;

import dev.dovetail.cli.validate.table.MeasuredRow;
import dev.dovetail.cli.validate.table.MeasuredTable;
import dev.dovetail.cli.validate.table.Unexpressed;
import dev.dovetail.ir.job.ProductFormat;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decision.Recompute;
import dev.dovetail.ir.plan.Decision.Shard;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.optimizer.engine.Engine;
import dev.dovetail.optimizer.engine.EngineCatalog;
import dev.dovetail.optimizer.engine.EngineMemory;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A row as a spec.
 *
 * @param text of the spec; its one job is called {@code measured}
 * @param engine the software that ran it
 * @param batch sequences of a step
 * @param assumed what the row leaves out and this mapping filled in
 */
public record RowSpec(String text, Engine engine, int gpus, int batch, int sequence, List<String> assumed) {
    /** What rows that say neither their sequence nor a model with one are measured at. */
    private static final int USUAL_SEQUENCE = 2048;

    /**
     * Updates of NVIDIA's measured recipes, of which tables say no more than that they are low-rank: on the fused projection of
     * query, key and value.
     */
    private static final int ADAPTER_RANK = 16;

    /** How rows name activations that wait on the host. */
    private static final String OFFLOADED = "_offloaded";

    private static final String ADAPTED = "attention.q, attention.k, attention.v";

    public RowSpec {
        assumed = List.copyOf(assumed);
    }

    /** Tokens of a step where a row says nothing of its batch: what pre-training runs use. */
    private static final int USUAL_TOKENS = 4 << 20;

    /**
     * Turns rows of one table into specs. Weights are planned as bf16 also where they were fp16: as many bytes, and the same rate
     * wherever a device has both.
     */
    public static final class Writer {
        private final MeasuredTable table;
        private final KnownModels models;
        private final Hardware hardware;
        private final Recipes recipes = Recipes.shipped();

        public Writer(MeasuredTable table, KnownModels models, Hardware hardware) {
            this.table = table;
            this.models = models;
            this.hardware = hardware;
        }

        /** Throws {@link Unexpressed} where the row lacks what a job needs, or says what no spec can. */
        public RowSpec write(MeasuredRow row) {
            refusePlansByStage(row);
            var assumed = new ArrayList<String>();
            var cluster = new ClusterText(row, hardware);
            cluster.tell(assumed);
            Degrees degrees = Degrees.of(row, cluster.gpus());
            Framework framework = Framework.of(row.word("framework"));
            Optional<Map<String, String>> known = models.find(row);
            var architecture = Architecture.of(row, known);
            var text = new ModelText(
                    architecture,
                    degrees.tensor().orElse(1),
                    degrees.pipeline().orElse(1),
                    framework.padsVocab(degrees.tensor().orElse(1)),
                    assumed);
            int sequence = sequence(row, assumed);
            String model =
                    adapts(row) ? text.adapted(sequence, adapterRank(assumed), ADAPTED) : text.declaration(sequence);
            int batch = batch(row, degrees, cluster.gpus(), assumed);
            Engine engine = engine(row, assumed);
            Map<String, String> fixed = fixed(row, degrees, framework, batch, recompute(row, engine, assumed));
            shard(row, degrees, framework, engine, assumed).ifPresent(state -> fixed.put("shard", state));
            stages(architecture, degrees, framework).ifPresent(split -> fixed.put("stages", split));
            String job = job(row, framework, batch, fixed);
            return new RowSpec(model + cluster.declarations() + job, engine, cluster.gpus(), batch, sequence, assumed);
        }

        /** Columns of a stage each state what a row's own columns would leave open. */
        private static void refusePlansByStage(MeasuredRow row) {
            row.cells().keySet().stream()
                    .filter(column ->
                            column.startsWith("stage_") && !row.word(column).isEmpty())
                    .findFirst()
                    .ifPresent(column -> {
                        throw new Unexpressed("`" + column + "` states a plan stage by stage, which is not read yet");
                    });
        }

        private static boolean adapts(MeasuredRow row) {
            return row.word("note").contains("lora");
        }

        private static int adapterRank(List<String> assumed) {
            assumed.add("updates of rank " + ADAPTER_RANK + " on query, key and value");
            return ADAPTER_RANK;
        }

        /** The declaration of a row's model, called {@code subject}, on one device. */
        public String model(MeasuredRow row) {
            var architecture = Architecture.of(row, models.find(row));
            return new ModelText(architecture.counted(), 1, 1, false, new ArrayList<>())
                    .declaration(sequence(row, new ArrayList<>()));
        }

        /**
         * FLOPs of training a token that the declaration leaves out: logits of the tokens behind the next, and each such token's
         * embedding joined to the stream.
         */
        public double furtherFlops(MeasuredRow row) {
            var architecture = Architecture.of(row, models.find(row));
            int further = architecture.further();
            double width = architecture.sizes().count("hidden");
            double vocab = architecture.sizes().count("vocab");
            return further * (6 * width * vocab + 12 * width * width);
        }

        private static int sequence(MeasuredRow row, List<String> assumed) {
            OptionalInt said = row.findCount("seq_len");
            if (said.isEmpty()) {
                assumed.add("sequences of " + USUAL_SEQUENCE);
            }
            return said.orElse(USUAL_SEQUENCE);
        }

        /** Where a table counts sequences on each device, ranks that share a sequence bring one each. */
        private boolean countsPerDevice() {
            return table.header().toLowerCase(Locale.ROOT).contains("per-device batch");
        }

        private int batch(MeasuredRow row, Degrees degrees, int gpus, List<String> assumed) {
            OptionalInt said = row.findCount("gbs");
            if (said.isPresent()) {
                return said.getAsInt();
            }
            if (row.findCount("mbs").isEmpty()) {
                return usualBatch(row, degrees, assumed);
            }
            int each = row.count("mbs");
            if (countsPerDevice()) {
                return Math.multiplyExact(each, gpus);
            }
            int data = degrees.data()
                    .orElseThrow(
                            () -> new Unexpressed("the row says neither `gbs` nor over how many ranks `mbs` counts"));
            return Math.multiplyExact(each, data);
        }

        private static int usualBatch(MeasuredRow row, Degrees degrees, List<String> assumed) {
            int data = degrees.data().orElse(1);
            int each = Math.max(1, USUAL_TOKENS / sequence(row, new ArrayList<>()) / data);
            assumed.add("a batch of " + each * data + " sequences");
            return each * data;
        }

        private String job(MeasuredRow row, Framework framework, int batch, Map<String, String> fixed) {
            var entries = new StringBuilder();
            fixed.forEach((name, value) -> entries.append("    ")
                    .append(name)
                    .append(' ')
                    .append(value)
                    .append('\n'));
            var lacks = new ArrayList<>(framework.lacks());
            // A row that says what it used knows better than the framework's description.
            lacks.removeAll(fixed.keySet());
            // Rows that say nothing of it were measured before the frameworks had it.
            if (!fixed.getOrDefault("schedule", "").startsWith("zb")) {
                lacks.add("zero_bubble");
            }
            if (!fixed.getOrDefault("schedule", "").endsWith("_v")) {
                lacks.add("v_shape");
            }
            // A row that names no group shares over all its data ranks.
            if (!fixed.containsKey("shard_group")) {
                lacks.add("shard_group");
            }
            return """
                    train subject on machines as measured {
                      batch     %d sequences
                      precision %s
                      minimize  time
                    %s%s}
                    """.formatted(
                            batch,
                            precision(row),
                            lacks.isEmpty() ? "" : "  forbid    [" + String.join(", ", lacks) + "]\n",
                            fixed.isEmpty() ? "" : "  fix {\n" + entries + "  }\n");
        }

        /** The software by its name, multiplying in the row's format. */
        private Engine engine(MeasuredRow row, List<String> assumed) {
            Optional<Engine> known = EngineCatalog.ofFramework(
                    String.join(
                            " ",
                            row.word("framework"),
                            row.word("sharding"),
                            row.word("precision"),
                            row.word("model"),
                            row.word("note")),
                    Era.of(table));
            if (known.isEmpty()) {
                assumed.add("engine " + EngineCatalog.MEGATRON_CORE.name());
            }
            return known.orElse(EngineCatalog.MEGATRON_CORE).with(recipes.formats(row, format(row)));
        }

        /** Gradients are kept as the engine keeps them. */
        private String precision(MeasuredRow row) {
            boolean narrow =
                    EngineMemory.of(engine(row, new ArrayList<>())).step().gradients() == ElementType.BF16;
            return narrow ? "{ weights bf16, gradients bf16 }" : "bf16";
        }

        private static ProductFormat format(MeasuredRow row) {
            String said = row.word("precision");
            return said.isEmpty()
                    ? ProductFormat.STORED
                    : ProductFormat.of(said)
                            .orElseThrow(() -> new Unexpressed("training in `" + said + "` is not supported yet"));
        }

        private Map<String, String> fixed(
                MeasuredRow row, Degrees degrees, Framework framework, int batch, Optional<String> recompute) {
            var fixed = new LinkedHashMap<String, String>();
            degrees.tensor().ifPresent(n -> fixed.put("tensor", "" + n));
            degrees.pipeline().ifPresent(n -> fixed.put("pipeline", "" + n));
            degrees.data().ifPresent(n -> fixed.put("data", "" + n));
            degrees.context().stream().filter(n -> n > 1).forEach(n -> fixed.put("context", "" + n));
            expert(row, degrees, framework, fixed);
            microbatch(row, degrees, framework, batch).ifPresent(n -> fixed.put("microbatch", "" + n));
            sequenceParallel(row, degrees, framework).ifPresent(on -> fixed.put("sequence", on));
            recompute.ifPresent(how -> fixed.put("recompute", how));
            degrees.group().ifPresent(n -> fixed.put("shard_group", "" + n));
            schedule(row, degrees, fixed);
            if (!row.word("offload").isEmpty() && !row.word("offload").equals("none")) {
                throw new Unexpressed("offload `" + row.word("offload") + "` is not supported yet");
            }
            return fixed;
        }

        /**
         * Megatron-Core spreads whole experts over tensor and data ranks alike where each expert has one tensor rank, as its
         * recipes for mixtures say; our degree counts the data ranks among them.
         */
        private static void expert(MeasuredRow row, Degrees degrees, Framework framework, Map<String, String> fixed) {
            int said = row.findCount("ep").orElse(1);
            int tensor = degrees.tensor().orElse(1);
            if (said == 1) {
                return;
            }
            if (framework.spreadsExperts() && tensor > 1 && said % tensor == 0) {
                fixed.put("expert", "" + said / tensor);
                fixed.put("expert_tensor", "1");
            } else {
                fixed.put("expert", "" + said);
            }
        }

        /** Layers of each stage, where the framework cuts them otherwise than we do. */
        private static Optional<String> stages(Architecture architecture, Degrees degrees, Framework framework) {
            int stages = degrees.pipeline().orElse(1);
            int layers = architecture.sizes().findCount("layers").orElse(0);
            if (stages == 1 || layers < stages || !framework.fillsLastStages()) {
                return Optional.empty();
            }
            int more = layers % stages;
            return Optional.of(IntStream.range(0, stages)
                    .map(stage -> layers / stages + (stage >= stages - more ? 1 : 0))
                    .mapToObj(Integer::toString)
                    .collect(Collectors.joining(", ", "[", "]")));
        }

        private OptionalInt microbatch(MeasuredRow row, Degrees degrees, Framework framework, int batch) {
            OptionalInt said = row.findCount("mbs");
            int stages = degrees.pipeline().orElse(1);
            int data = degrees.data().orElse(batch);
            if (said.isEmpty() && framework.cutsByStages() && stages > 1 && batch % (data * stages) == 0) {
                return OptionalInt.of(batch / data / stages);
            }
            boolean shared = countsPerDevice() && said.isPresent();
            int sharing = degrees.tensor().orElse(1) * stages;
            return shared ? OptionalInt.of(Math.multiplyExact(said.getAsInt(), sharing)) : said;
        }

        /** Megatron-Core refuses to train experts beside tensor ranks without it (transformer/moe/moe_layer.py). */
        private static Optional<String> sequenceParallel(MeasuredRow row, Degrees degrees, Framework framework) {
            boolean alone = degrees.tensor().orElse(2) == 1;
            boolean needed =
                    degrees.tensor().orElse(1) > 1 && row.findCount("ep").orElse(1) > 1;
            return switch (row.word("sp")) {
                case "" -> needed && framework.spreadsExperts() ? Optional.of("on") : Optional.empty();
                case "0" -> Optional.of("off");
                case "1" -> Optional.of(alone ? "off" : "on");
                default -> throw new Unexpressed("`sp` is neither 0 nor 1: " + row.word("sp"));
            };
        }

        /** As stated, or as users of the engine set it; left to the solver where they set no more than they need. */
        private static Optional<String> recompute(MeasuredRow row, Engine engine, List<String> assumed) {
            Optional<String> stated = recompute(row);
            if (row.word("recompute").endsWith(OFFLOADED)) {
                assumed.add("what the host keeps is computed again");
            }
            if (stated.isPresent() || engine.usualRecompute() == Recompute.NONE) {
                return stated;
            }
            String usual = engine.usualRecompute().name().toLowerCase(Locale.ROOT);
            assumed.add("recompute " + usual);
            return Optional.of(usual);
        }

        /** A question mark in a table means that the source leaves it open and the table's author inferred it. */
        private static Optional<String> recompute(MeasuredRow row) {
            return switch (row.word("recompute")) {
                case "" -> Optional.empty();
                case "none" -> Optional.of("none");
                case "full", "full?", "qkv_proj" + OFFLOADED -> Optional.of("full");
                case "selective", "minimal" -> Optional.of("selective");
                case "selective-op" -> Optional.of("alternate");
                default -> throw new Unexpressed("recompute `" + row.word("recompute") + "` is not supported yet");
            };
        }

        /** As stated, but in a pipeline no more than the engine shares there; which is also what its users set. */
        private Optional<String> shard(
                MeasuredRow row, Degrees degrees, Framework framework, Engine engine, List<String> assumed) {
            Optional<Shard> stated = shard(row);
            if (degrees.data().orElse(2) == 1) {
                return Optional.empty();
            }
            Optional<String> recipe = recipes.shard(row);
            if (recipe.isPresent()) {
                assumed.add("shard " + recipe.get() + ", as its recipe does");
                return recipe;
            }
            if (degrees.pipeline().orElse(1) == 1 || framework.lacks().contains(Decision.SHARD.name())) {
                return stated.map(Decision.SHARD.print());
            }
            Shard most = engine.traffic().pipelined();
            if (stated.isEmpty()) {
                assumed.add("shard " + Decision.SHARD.print().apply(most));
            }
            stated.filter(state -> state.compareTo(most) > 0)
                    .ifPresent(state -> assumed.add("shard "
                            + Decision.SHARD.print().apply(most) + " where the row says "
                            + Decision.SHARD.print().apply(state) + ", which the engine does not do in a pipeline"));
            return stated.filter(state -> state.compareTo(most) < 0)
                    .or(() -> Optional.of(most))
                    .map(Decision.SHARD.print());
        }

        private static Optional<Shard> shard(MeasuredRow row) {
            String said = row.word("sharding");
            if (said.isEmpty()) {
                return Optional.empty();
            }
            if (said.equals("none") || said.startsWith("ddp") || said.startsWith("zero0")) {
                return Optional.of(Shard.NONE);
            }
            if (said.startsWith("zero1")) {
                return Optional.of(Shard.OPTIMIZER);
            }
            if (said.startsWith("zero2") || said.equals("shard_grad_op") || said.contains("zero2")) {
                return Optional.of(Shard.GRADIENTS);
            }
            if (said.startsWith("zero3") || said.startsWith("fsdp") || said.equals("full_shard")) {
                return Optional.of(Shard.PARAMETERS);
            }
            throw new Unexpressed("sharding `" + said + "` is not supported yet");
        }

        private static void schedule(MeasuredRow row, Degrees degrees, Map<String, String> fixed) {
            OptionalInt chunks = row.findCount("vp");
            boolean pipelined = degrees.pipeline().orElse(2) > 1;
            if (chunks.isPresent()) {
                int each = pipelined ? chunks.getAsInt() : 1;
                fixed.put("interleave", "" + each);
                fixed.put("schedule", each > 1 ? "interleaved" : "1f1b");
            }
            String said = row.word("schedule");
            if (!said.isEmpty() && chunks.isEmpty()) {
                fixed.put("schedule", said);
            }
        }
    }
}
