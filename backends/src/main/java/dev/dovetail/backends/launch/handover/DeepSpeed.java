package dev.dovetail.backends.launch.handover;

import dev.dovetail.backends.launch.LaunchFile;
import dev.dovetail.backends.launch.YamlText;
import dev.dovetail.ir.job.OptimizerSettings;
import dev.dovetail.ir.job.Precision;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decision.Recompute;
import dev.dovetail.ir.plan.Decision.Schedule;
import dev.dovetail.ir.plan.Decision.Shard;
import dev.dovetail.ir.plan.Offload;
import dev.dovetail.ir.tensor.ElementType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/** DeepSpeed's JSON. It says nothing of the model: pipelines and recomputation are code there, so plans with them are refused. */
final class DeepSpeed implements HandOver {
    private static final Source SOURCE = new Source("microsoft/DeepSpeed", "38327e07f6cd39b63418f60cedd1651b0be3e7c3");
    private static final JsonMapper JSON = JsonMapper.builder().build();

    @Override
    public String name() {
        return "deepspeed";
    }

    @Override
    public Source source() {
        return SOURCE;
    }

    @Override
    public List<LaunchFile> write(PlannedTraining planned) {
        TrainJob job = planned.job();
        Decided decided = new Decided(name(), planned);
        Placement placement = Placement.of(name(), planned, decided);
        requireNoCode(decided, placement);
        int microbatch = decided.get(Decision.MICROBATCH);
        Shard shard = decided.get(Decision.SHARD);
        Map<String, Object> config = new LinkedHashMap<>();
        config.put("train_batch_size", job.batch());
        config.put("train_micro_batch_size_per_gpu", microbatch);
        config.put("gradient_accumulation_steps", job.batch() / (placement.data() * microbatch));
        config.put("zero_optimization", zero(decided, shard));
        if (placement.tensor() > 1) {
            if (shard == Shard.PARAMETERS) {
                throw decided.refusal(Decision.SHARD, "its tensor parallelism goes up to ZeRO stage 2");
            }
            config.put("tensor_parallel", YamlText.map("autotp_size", placement.tensor()));
        }
        decided.requireProductsRead();
        precision(config, job.precision());
        config.put("optimizer", optimizer(job.optimizer()));
        config.put("scheduler", scheduler(job.optimizer()));
        config.put("gradient_clipping", 0.0);
        decided.requireAllRead();
        String text = JSON.writerWithDefaultPrettyPrinter().writeValueAsString(config) + "\n";
        return List.of(new LaunchFile("deepspeed.json", text));
    }

    private static Map<String, Object> zero(Decided decided, Shard shard) {
        Offload offload = decided.offload();
        if (offload.activations()) {
            throw decided.refusal(Decision.OFFLOAD, "what layers save leaves the device by code of the model there");
        }
        if (!offload.any()) {
            return YamlText.map("stage", stage(shard));
        }
        if (shard == Shard.NONE) {
            throw decided.refusal(Decision.OFFLOAD, "only a sharded optimizer leaves the device there");
        }
        if (offload.gradients() && !offload.optimizer()) {
            throw decided.refusal(Decision.OFFLOAD, "gradients leave the device with the optimizer's state there");
        }
        if (offload.weights() && shard != Shard.PARAMETERS) {
            throw decided.refusal(Decision.OFFLOAD, "only the weights of ZeRO stage 3 leave the device there");
        }
        var zero = YamlText.map("stage", stage(shard));
        if (offload.weights()) {
            zero.put("offload_param", away(decided, shard));
        }
        if (offload.optimizer()) {
            zero.put("offload_optimizer", away(decided, shard));
        }
        return zero;
    }

    private static Map<String, Object> away(Decided decided, Shard shard) {
        return switch (decided.get(Decision.OFFLOAD_TO)) {
            case HOST -> YamlText.map("device", "cpu", "pin_memory", true);
            case STORAGE -> {
                if (shard != Shard.PARAMETERS) {
                    throw decided.refusal(Decision.OFFLOAD_TO, "only ZeRO stage 3 reaches drives there");
                }
                yield YamlText.map("device", "nvme", "nvme_path", "/local_nvme");
            }
        };
    }

    private static int stage(Shard shard) {
        return switch (shard) {
            case NONE -> 0;
            case OPTIMIZER -> 1;
            case GRADIENTS -> 2;
            case PARAMETERS -> 3;
        };
    }

    private static void requireNoCode(Decided decided, Placement placement) {
        if (placement.expert() > 1) {
            throw decided.refusal(Decision.EXPERT, "ranks that share experts are code of the model there");
        }
        if (placement.context() > 1) {
            throw decided.refusal(Decision.CONTEXT, "ranks that share a sequence are code of the model there");
        }
        if (placement.pipeline() > 1) {
            throw decided.refusal(Decision.PIPELINE, "its pipelines are PipelineModules in the model's code");
        }
        // One stage has all layers, however it is written.
        decided.find(Decision.STAGES);
        int virtual = decided.get(Decision.INTERLEAVE);
        Schedule schedule = decided.get(Decision.SCHEDULE);
        if (virtual > 1 || schedule == Schedule.INTERLEAVED) {
            throw decided.refusal(Decision.INTERLEAVE, "it has no virtual stages");
        }
        if (decided.recompute() != Recompute.NONE) {
            throw decided.refusal(
                    Decision.RECOMPUTE, "its JSON says how activations are kept, and the model's code which");
        }
        if (decided.get(Decision.SEQUENCE) && placement.tensor() > 1) {
            throw decided.refusal(Decision.SEQUENCE, "its tensor parallelism leaves the sequence whole");
        }
    }

    private void precision(Map<String, Object> config, Precision precision) {
        if (precision.equals(Precision.uniform(ElementType.F32))) {
            config.put("bf16", YamlText.map("enabled", false));
        } else if (precision.equals(Precision.mixed(ElementType.BF16))) {
            config.put("bf16", YamlText.map("enabled", true));
            config.put("data_types", YamlText.map("grad_accum_dtype", "fp32"));
        } else if (precision.equals(Precision.mixed(ElementType.F16))) {
            config.put("fp16", YamlText.map("enabled", true));
            config.put("data_types", YamlText.map("grad_accum_dtype", "fp32"));
        } else {
            throw new NotExpressible(
                    name(),
                    "precision " + precision,
                    "it trains in fp32, or in bf16 or fp16 with fp32 sums and moments");
        }
    }

    private static Map<String, Object> optimizer(OptimizerSettings optimizer) {
        return YamlText.map(
                "type",
                "AdamW",
                "params",
                YamlText.map(
                        "lr", optimizer.learningRate(),
                        "betas", List.of(optimizer.beta1(), optimizer.beta2()),
                        "eps", optimizer.epsilon(),
                        "weight_decay", optimizer.decay()));
    }

    private static Map<String, Object> scheduler(OptimizerSettings optimizer) {
        return YamlText.map(
                "type",
                "WarmupLR",
                "params",
                YamlText.map(
                        "warmup_min_lr",
                        0.0,
                        "warmup_max_lr",
                        optimizer.learningRate(),
                        "warmup_num_steps",
                        optimizer.warmup(),
                        "warmup_type",
                        "linear"));
    }
}
