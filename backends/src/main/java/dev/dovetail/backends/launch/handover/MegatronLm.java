package dev.dovetail.backends.launch.handover;

import dev.dovetail.backends.launch.LaunchFile;
import dev.dovetail.backends.launch.handover.MegatronDecisions.Sharding;
import dev.dovetail.ir.job.OptimizerSettings;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.op.Normalize.NormKind;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Megatron-LM's {@code pretrain_gpt.py}: all of its arguments but those that name data, tokenizer and folders. */
final class MegatronLm implements HandOver {
    private static final Source SOURCE = new Source("NVIDIA/Megatron-LM", "d98e8a64ddf34856e74b24714e3bedb2f5a39553");

    @Override
    public String name() {
        return "megatron";
    }

    @Override
    public Source source() {
        return SOURCE;
    }

    @Override
    public List<LaunchFile> write(PlannedTraining planned) {
        UniformDecoder model = MegatronModel.of(name(), planned);
        MegatronDecisions decisions = MegatronDecisions.of(name(), planned, model);
        var arguments = new Arguments();
        parallelism(arguments, decisions);
        model(arguments, model, planned.job());
        model.mixture().ifPresent(mixture -> experts(arguments, model, mixture, planned.job(), decisions));
        training(arguments, planned.job(), decisions);
        List<String> body = new ArrayList<>(environment(decisions));
        body.add("ARGUMENTS=(");
        arguments.lines.forEach(line -> body.add("    " + line));
        body.add(")");
        String script = new TorchRun(decisions.placement(), "Megatron-LM", SOURCE, planned.header())
                .script(
                        List.of(
                                "Behind it come what the plan does not know: --data-path, --tokenizer-type, --save and --load."),
                        body,
                        "pretrain_gpt.py \"${ARGUMENTS[@]}\" \"$@\"");
        return List.of(new LaunchFile("megatron.sh", script));
    }

    /** Arguments line by line, in the order of the file. */
    private static final class Arguments {
        private final List<String> lines = new ArrayList<>();

        void flag(String flag) {
            lines.add(flag);
        }

        void flag(String flag, boolean set) {
            if (set) {
                flag(flag);
            }
        }

        void value(String flag, Object value) {
            lines.add(flag + " " + value);
        }
    }

    /** Order in which kernels are queued: tensor parallel overlap wants one queue, and Megatron-FSDP wants more. */
    private static List<String> environment(MegatronDecisions decisions) {
        return decisions.sharding().strategy().isPresent()
                ? List.of("unset CUDA_DEVICE_MAX_CONNECTIONS")
                : List.of("export CUDA_DEVICE_MAX_CONNECTIONS=1");
    }

    private static void parallelism(Arguments arguments, MegatronDecisions decisions) {
        arguments.value("--tensor-model-parallel-size", decisions.placement().tensor());
        arguments.flag("--sequence-parallel", decisions.sequence());
        if (decisions.placement().context() > 1) {
            arguments.value("--context-parallel-size", decisions.placement().context());
            arguments.value("--cp-comm-type", decisions.contextExchange());
        }
        arguments.value("--pipeline-model-parallel-size", decisions.placement().pipeline());
        if (decisions.layout().isPresent()) {
            // A layout says the number of virtual stages too.
            arguments.value(
                    "--pipeline-model-parallel-layout", "'" + decisions.layout().get() + "'");
        } else if (decisions.stages().virtual() > 1) {
            arguments.value(
                    "--num-virtual-stages-per-pipeline-rank", decisions.stages().virtual());
        }
        arguments.flag("--use-distributed-optimizer", decisions.sharding() != Sharding.REPLICATED);
        Optional<String> strategy = decisions.sharding().strategy();
        if (strategy.isPresent()) {
            arguments.flag("--use-megatron-fsdp");
            arguments.value("--data-parallel-sharding-strategy", strategy.get());
            arguments.flag("--no-gradient-accumulation-fusion");
            arguments.value("--ckpt-format", "fsdp_dtensor");
        }
        arguments.value("--micro-batch-size", decisions.microbatch());
        decisions.loaders().ifPresent(processes -> arguments.value("--num-workers", processes));
        recompute(arguments, decisions.again());
    }

    private static void recompute(Arguments arguments, MegatronDecisions.Again again) {
        switch (again) {
            case NOTHING -> {}
            case ATTENTION_CORE -> {
                arguments.value("--recompute-granularity", "selective");
                arguments.value("--recompute-modules", "core_attn");
            }
            case LAYERS -> {
                arguments.value("--recompute-granularity", "full");
                arguments.value("--recompute-method", "uniform");
                arguments.value("--recompute-num-layers", 1);
            }
        }
    }

    private static void model(Arguments arguments, UniformDecoder model, TrainJob job) {
        arguments.value("--num-layers", model.layers());
        arguments.value("--hidden-size", model.width());
        arguments.value("--ffn-hidden-size", model.inner());
        arguments.value("--num-attention-heads", model.heads());
        arguments.value("--kv-channels", model.headDim());
        if (model.isGrouped()) {
            arguments.flag("--group-query-attention");
            arguments.value("--num-query-groups", model.kvHeads());
        }
        arguments.flag("--qk-layernorm", model.queryKeyNorm());
        arguments.flag("--swiglu", model.activation().isGated());
        arguments.flag("--disable-bias-linear", !model.bias());
        arguments.flag("--add-qkv-bias", model.inputBias() && !model.bias());
        arguments.value("--normalization", model.norm() == NormKind.RMS ? "RMSNorm" : "LayerNorm");
        arguments.value("--norm-epsilon", model.epsilon());
        positions(arguments, model);
        arguments.flag("--untie-embeddings-and-output-weights", !model.tied());
        arguments.value("--vocab-size", model.vocab());
        arguments.value("--seq-length", job.sequence());
        arguments.value("--max-position-embeddings", Math.max(model.context(), job.sequence()));
        arguments.value("--attention-dropout", "0.0");
        arguments.value("--hidden-dropout", "0.0");
        arguments.value("--init-method-std", "0.02");
    }

    private static void experts(
            Arguments arguments, UniformDecoder model, Mixture mixture, TrainJob job, MegatronDecisions decisions) {
        arguments.value("--expert-model-parallel-size", decisions.expertRanks(model));
        arguments.value("--expert-tensor-parallel-size", decisions.placement().expertTensor());
        arguments.value("--num-experts", mixture.experts());
        arguments.value("--moe-ffn-hidden-size", mixture.inner());
        arguments.value("--moe-router-topk", mixture.top());
        arguments.value("--moe-router-score-function", mixture.sigmoid() ? "sigmoid" : "softmax");
        arguments.flag("--moe-router-pre-softmax", !mixture.sigmoid() && !mixture.normalized());
        if (mixture.scale() != 1) {
            arguments.value("--moe-router-topk-scaling-factor", mixture.scale());
        }
        mixture.groups().filter(groups -> mixture.limitsGroups()).ifPresent(groups -> {
            arguments.value("--moe-router-num-groups", groups.count());
            arguments.value("--moe-router-group-topk", groups.kept());
        });
        arguments.value("--moe-router-load-balancing-type", mixture.balancing());
        if (mixture.balanceLoss() > 0) {
            arguments.value("--moe-aux-loss-coeff", mixture.balanceLoss());
        }
        if (mixture.choiceBias()) {
            arguments.flag("--moe-router-enable-expert-bias");
            // A step of the optimizer, which normalises, moves ours as far.
            arguments.value("--moe-router-bias-update-rate", job.optimizer().learningRate());
        }
        mixture.capacity().ifPresent(factor -> {
            arguments.value("--moe-expert-capacity-factor", factor);
            arguments.value("--moe-token-drop-policy", "position");
        });
        if (mixture.shared() > 0) {
            arguments.value("--moe-shared-expert-intermediate-size", mixture.shared());
        }
        arguments.flag("--moe-grouped-gemm");
        arguments.value("--moe-token-dispatcher-type", "alltoall");
    }

    private static void positions(Arguments arguments, UniformDecoder model) {
        switch (model.positions()) {
            case LEARNED -> arguments.value("--position-embedding-type", "learned_absolute");
            case NONE -> arguments.value("--position-embedding-type", "none");
            case ROPE -> {
                UniformDecoder.Rope rope = model.rope().orElseThrow();
                arguments.value("--position-embedding-type", "rope");
                arguments.value("--rotary-base", (long) rope.theta());
                arguments.value("--rotary-percent", rope.fraction());
                rope.stretch().ifPresent(stretch -> {
                    arguments.flag("--use-rope-scaling");
                    arguments.value("--rope-scaling-factor", stretch.factor());
                });
            }
            case ALIBI -> throw new IllegalStateException("refused before");
        }
    }

    private static void training(Arguments arguments, TrainJob job, MegatronDecisions decisions) {
        arguments.value("--global-batch-size", job.batch());
        if (job.steps() > 0) {
            arguments.value("--train-iters", job.steps());
        }
        switch (decisions.numbers()) {
            case FP32 -> {}
            case BF16 -> arguments.flag("--bf16");
            case FP16 -> arguments.flag("--fp16");
        }
        decisions.fp8Recipe().ifPresent(recipe -> {
            arguments.value("--fp8-format", "hybrid");
            arguments.value("--fp8-recipe", recipe);
        });
        OptimizerSettings optimizer = job.optimizer();
        arguments.value("--optimizer", "adam");
        arguments.value("--lr", optimizer.learningRate());
        arguments.value("--lr-decay-style", "constant");
        arguments.value("--lr-warmup-iters", optimizer.warmup());
        arguments.value("--adam-beta1", optimizer.beta1());
        arguments.value("--adam-beta2", optimizer.beta2());
        arguments.value("--adam-eps", optimizer.epsilon());
        arguments.value("--weight-decay", optimizer.decay());
        arguments.value("--clip-grad", "0.0");
        arguments.value("--seed", job.seed());
        if (job.checkpointEvery() > 0) {
            arguments.value("--save-interval", job.checkpointEvery());
        }
    }
}
