package dev.dovetail.backends.launch.handover;

import dev.dovetail.backends.launch.LaunchFile;
import dev.dovetail.backends.launch.YamlText;
import dev.dovetail.ir.job.OptimizerSettings;
import dev.dovetail.ir.job.Precision;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decision.ContextExchange;
import dev.dovetail.ir.plan.Decision.Shard;
import dev.dovetail.ir.tensor.ElementType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.dataformat.toml.TomlMapper;

/** A TOML file for torchtitan's {@code --job.config_file}, at the last commit before its configs became Python. */
final class TorchTitan implements HandOver {
    private static final Source SOURCE = new Source("pytorch/torchtitan", "238fa9953e4aec2a62582121564273d7cbb1e9f1");
    private static final TomlMapper TOML = TomlMapper.builder().build();
    /** Far above any gradient's norm: nothing is clipped. */
    private static final double NO_CLIPPING = 1e9;

    @Override
    public String name() {
        return "torchtitan";
    }

    @Override
    public Source source() {
        return SOURCE;
    }

    @Override
    public List<LaunchFile> write(PlannedTraining planned) {
        TrainJob job = planned.job();
        UniformDecoder model = UniformDecoder.of(name(), job.model());
        TorchTitanFlavor flavor = TorchTitanFlavor.of(name(), model, job.model().name());
        Decided decided = new Decided(name(), planned);
        Placement placement = Placement.of(name(), planned, decided);
        decided.requireOnDevice("with the optimizer's state its weights leave the device too");
        Map<String, Object> config = new LinkedHashMap<>();
        config.put("job", YamlText.map("description", job.name(), "dump_folder", "./outputs/" + job.name()));
        config.put("model", YamlText.map("name", flavor.model(), "flavor", flavor.flavor()));
        config.put("optimizer", optimizer(job.optimizer()));
        // A floor as high as the ceiling: the rate stays where the warm-up leaves it.
        config.put("lr_scheduler", YamlText.map("warmup_steps", job.optimizer().warmup(), "min_lr_factor", 1.0));
        config.put("training", training(job, decided, placement));
        config.put("parallelism", parallelism(model, decided, placement, job.batch() / placement.data()));
        config.put("activation_checkpoint", recompute(decided));
        config.put(
                "checkpoint",
                YamlText.map("enable", job.checkpointEvery() > 0, "interval", Math.max(1, job.checkpointEvery())));
        config.put("debug", YamlText.map("seed", job.seed()));
        decided.requireAllRead();
        String text = TorchRun.comments(planned.header(), "torchtitan", SOURCE)
                + "# On " + placement.nodes() + " nodes with " + placement.perNode()
                + " ranks each: torchrun … -m torchtitan.train --job.config_file launch/torchtitan.toml\n"
                + "# Say besides: --training.dataset, --model.hf_assets_path.\n"
                + TOML.writeValueAsString(config);
        return List.of(new LaunchFile("torchtitan.toml", text));
    }

    private static Map<String, Object> optimizer(OptimizerSettings optimizer) {
        return YamlText.map(
                "name", "AdamW",
                "lr", optimizer.learningRate(),
                "beta1", optimizer.beta1(),
                "beta2", optimizer.beta2(),
                "eps", optimizer.epsilon(),
                "weight_decay", optimizer.decay());
    }

    private Map<String, Object> training(TrainJob job, Decided decided, Placement placement) {
        int share = job.batch() / placement.data();
        Map<String, Object> training = new LinkedHashMap<>();
        // A pipeline cuts its own micro-batches; without one, the rest of the batch is accumulated.
        training.put("local_batch_size", placement.pipeline() > 1 ? share : decided.get(Decision.MICROBATCH));
        training.put("global_batch_size", job.batch());
        training.put("seq_len", job.sequence());
        training.put("max_norm", NO_CLIPPING);
        if (job.steps() > 0) {
            training.put("steps", job.steps());
        }
        decided.loaders(job.cluster())
                .ifPresent(processes -> training.put("dataloader", YamlText.map("num_workers", processes)));
        training.put("dtype", "float32");
        training.put("mixed_precision_param", precision(job.precision(), decided, placement));
        training.put("mixed_precision_reduce", "float32");
        return training;
    }

    private String precision(Precision precision, Decided decided, Placement placement) {
        decided.requireProductsRead();
        boolean exact = precision.equals(Precision.uniform(ElementType.F32));
        boolean mixed = precision.equals(Precision.mixed(ElementType.BF16));
        if (!exact && !mixed) {
            throw new NotExpressible(
                    name(),
                    "precision " + precision,
                    "it trains in fp32, or in bf16 with fp32 weights, sums and moments");
        }
        Shard shard = decided.get(Decision.SHARD);
        boolean sharded =
                placement.data() * placement.context() > 1 && (shard == Shard.GRADIENTS || shard == Shard.PARAMETERS);
        if (mixed && !sharded && placement.tensor() * placement.pipeline() > 1) {
            throw new NotExpressible(
                    name(),
                    "precision bf16",
                    "with tensor or pipeline parallelism its mixed precision needs parameters sharded over data ranks;"
                            + " fix `shard parameters`");
        }
        return mixed ? "bfloat16" : "float32";
    }

    private static Map<String, Object> parallelism(
            UniformDecoder model, Decided decided, Placement placement, int share) {
        Map<String, Object> parallelism = new LinkedHashMap<>();
        Shard shard = decided.get(Decision.SHARD);
        if (shard == Shard.OPTIMIZER && placement.data() > 1) {
            throw decided.refusal(
                    Decision.SHARD, "its FSDP shards gradients and parameters with the optimizer; DDP shards nothing");
        }
        boolean sharded = shard != Shard.NONE && shard != Shard.OPTIMIZER;
        parallelism.put("data_parallel_replicate_degree", sharded ? 1 : placement.data());
        parallelism.put("data_parallel_shard_degree", sharded ? placement.data() : 1);
        parallelism.put("fsdp_reshard_after_forward", shard == Shard.PARAMETERS ? "always" : "never");
        parallelism.put("tensor_parallel_degree", placement.tensor());
        if (placement.context() > 1) {
            if (!sharded) {
                throw decided.refusal(Decision.SHARD, "its context ranks shard parameters between them");
            }
            if (placement.exchange() == ContextExchange.ALL_TO_ALL) {
                throw decided.refusal(
                        Decision.CONTEXT_EXCHANGE, "its context ranks gather keys and values or pass them round");
            }
            parallelism.put("context_parallel_degree", placement.context());
            parallelism.put("context_parallel_rotate_method", "allgather");
        }
        if (placement.tensor() > 1 && !decided.get(Decision.SEQUENCE)) {
            throw decided.refusal(Decision.SEQUENCE, "its tensor parallelism always splits the sequence too");
        }
        decided.get(Decision.SEQUENCE);
        pipeline(parallelism, model, decided, placement, share);
        return parallelism;
    }

    /** @param share sequences of a step that one replica runs */
    private static void pipeline(
            Map<String, Object> parallelism, UniformDecoder model, Decided decided, Placement placement, int share) {
        Stages stages = Stages.of(decided, model, placement);
        parallelism.put("pipeline_parallel_degree", placement.pipeline());
        if (placement.pipeline() == 1) {
            return;
        }
        parallelism.put(
                "pipeline_parallel_schedule",
                switch (stages.schedule()) {
                    case GPIPE -> "GPipe";
                    case ONE_F_ONE_B -> "1F1B";
                    case INTERLEAVED -> "Interleaved1F1B";
                    case ZB_V -> "ZBVZeroBubble";
                    case DUALPIPE_V -> {
                        int microbatches = share / decided.get(Decision.MICROBATCH);
                        int virtual = placement.pipeline() * stages.virtual();
                        if (microbatches < virtual) {
                            throw decided.refusal(
                                    Decision.SCHEDULE,
                                    "its DualPipeV runs a micro-batch for each of " + virtual + " stages at least, not "
                                            + microbatches);
                        }
                        yield "DualPipeV";
                    }
                    case ZB_H1, ZB_H2 ->
                        throw decided.refusal(
                                Decision.SCHEDULE, "its zero-bubble schedules run two virtual stages a rank or more");
                });
        parallelism.put("pipeline_parallel_microbatch_size", decided.get(Decision.MICROBATCH));
        if (stages.isEven()) {
            parallelism.put(
                    "pipeline_parallel_layers_per_stage", stages.layers().getFirst());
            // Embedding and head are not counted as layers.
            parallelism.put("pipeline_parallel_first_stage_less_layers", 0);
            parallelism.put("pipeline_parallel_last_stage_less_layers", 0);
        } else {
            parallelism.put("module_fqns_per_model_part", modules(stages.layers()));
        }
    }

    /** The modules of each stage by their names in torchtitan's decoders. */
    private static List<List<String>> modules(List<Integer> layers) {
        List<List<String>> parts = new ArrayList<>();
        int next = 0;
        for (int count : layers) {
            List<String> part = new ArrayList<>(parts.isEmpty() ? List.of("tok_embeddings") : List.of());
            for (int end = next + count; next < end; next++) {
                part.add("layers." + next);
            }
            parts.add(part);
        }
        parts.getLast().addAll(List.of("norm", "output"));
        return parts;
    }

    private static Map<String, Object> recompute(Decided decided) {
        return switch (decided.recompute()) {
            case NONE -> YamlText.map("mode", "none");
            case ALTERNATE -> YamlText.map("mode", "selective", "selective_ac_option", "op");
            case FULL -> YamlText.map("mode", "full");
            case SELECTIVE ->
                throw decided.refusal(
                        Decision.RECOMPUTE,
                        "its selective mode computes other operators again than the attention core alone");
        };
    }
}
