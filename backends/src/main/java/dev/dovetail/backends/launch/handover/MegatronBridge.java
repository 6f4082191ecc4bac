package dev.dovetail.backends.launch.handover;

import dev.dovetail.backends.launch.LaunchFile;
import dev.dovetail.backends.launch.handover.MegatronDecisions.Sharding;
import dev.dovetail.ir.job.OptimizerSettings;
import dev.dovetail.ir.job.TrainJob;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * NeMo's Megatron-Bridge: overrides of a recipe's config, one {@code KEY=VALUE} a line. The recipe brings the model's family;
 * its sizes are said all the same, so that a recipe of another size does not slip in.
 */
final class MegatronBridge implements HandOver {
    private static final Source SOURCE =
            new Source("NVIDIA-NeMo/Megatron-Bridge", "067f987df03b8355b03192d88d70f1709fedf51a");

    @Override
    public String name() {
        return "nemo";
    }

    @Override
    public Source source() {
        return SOURCE;
    }

    @Override
    public List<LaunchFile> write(PlannedTraining planned) {
        UniformDecoder model = MegatronModel.of(name(), planned);
        MegatronDecisions decisions = MegatronDecisions.of(name(), planned, model);
        if (decisions.loaders().isPresent()) {
            throw new NotExpressible(
                    name(),
                    "prepare " + planned.plan().decisions().asText().get("prepare"),
                    "its data modules say how many processes load");
        }
        Map<String, Object> overrides = new LinkedHashMap<>();
        parallelism(overrides, model, decisions);
        model(overrides, model, planned.job());
        model.mixture().ifPresent(mixture -> experts(overrides, mixture, planned.job()));
        training(overrides, planned.job(), decisions);
        String lines = overrides.entrySet().stream()
                .map(entry -> entry.getKey() + "=" + entry.getValue() + "\n")
                .collect(Collectors.joining());
        Placement placement = decisions.placement();
        String text = TorchRun.comments(planned.header(), "Megatron-Bridge", SOURCE)
                + "# On " + placement.nodes() + " nodes with " + placement.perNode()
                + " ranks each, with a recipe of the model's family:\n"
                + "#   torchrun … scripts/training/run_recipe.py --recipe NAME --mode pretrain"
                + " $(grep -v '^#' launch/nemo.overrides)\n"
                + lines;
        return List.of(new LaunchFile("nemo.overrides", text));
    }

    private static void parallelism(Map<String, Object> overrides, UniformDecoder model, MegatronDecisions decisions) {
        overrides.put("model.tensor_model_parallel_size", decisions.placement().tensor());
        overrides.put("model.sequence_parallel", decisions.sequence());
        overrides.put(
                "model.pipeline_model_parallel_size", decisions.placement().pipeline());
        overrides.put(
                "model.virtual_pipeline_model_parallel_size",
                decisions.stages().virtual() > 1 ? decisions.stages().virtual() : "null");
        overrides.put("model.pipeline_model_parallel_layout", decisions.layout().orElse("null"));
        overrides.put("model.context_parallel_size", decisions.placement().context());
        if (decisions.placement().context() > 1) {
            overrides.put("model.cp_comm_type", decisions.contextExchange());
        }
        // A recipe may have experts in mind.
        overrides.put("model.expert_model_parallel_size", decisions.expertRanks(model));
        overrides.put("model.expert_tensor_parallel_size", decisions.placement().expertTensor());
        overrides.put("train.micro_batch_size", decisions.microbatch());
        boolean sharded = decisions.sharding() != Sharding.REPLICATED;
        overrides.put("ddp.use_distributed_optimizer", sharded);
        overrides.put("optimizer.use_distributed_optimizer", sharded);
        overrides.put("ddp.use_megatron_fsdp", decisions.sharding().strategy().isPresent());
        decisions.sharding().strategy().ifPresent(strategy -> {
            overrides.put("ddp.data_parallel_sharding_strategy", strategy);
            overrides.put("model.gradient_accumulation_fusion", false);
            overrides.put("checkpoint.ckpt_format", "fsdp_dtensor");
        });
        switch (decisions.again()) {
            case NOTHING -> overrides.put("model.recompute_granularity", "null");
            case ATTENTION_CORE -> {
                overrides.put("model.recompute_granularity", "selective");
                overrides.put("model.recompute_modules", "[core_attn]");
            }
            case LAYERS -> {
                overrides.put("model.recompute_granularity", "full");
                overrides.put("model.recompute_method", "uniform");
                overrides.put("model.recompute_num_layers", 1);
            }
        }
    }

    private static void model(Map<String, Object> overrides, UniformDecoder model, TrainJob job) {
        overrides.put("model.num_layers", model.layers());
        overrides.put("model.hidden_size", model.width());
        overrides.put("model.ffn_hidden_size", model.inner());
        overrides.put("model.num_attention_heads", model.heads());
        overrides.put("model.num_query_groups", model.kvHeads());
        overrides.put("model.kv_channels", model.headDim());
        overrides.put("model.add_bias_linear", model.bias());
        overrides.put("model.add_qkv_bias", model.inputBias());
        overrides.put("model.gated_linear_unit", model.activation().isGated());
        overrides.put("model.qk_layernorm", model.queryKeyNorm());
        overrides.put("model.share_embeddings_and_output_weights", model.tied());
        model.rope().ifPresent(rope -> overrides.put("model.rotary_base", (long) rope.theta()));
        overrides.put("model.vocab_size", model.vocab());
        overrides.put("model.seq_length", job.sequence());
        overrides.put("dataset.seq_length", job.sequence());
    }

    private static void experts(Map<String, Object> overrides, Mixture mixture, TrainJob job) {
        overrides.put("model.num_moe_experts", mixture.experts());
        overrides.put("model.moe_ffn_hidden_size", mixture.inner());
        overrides.put("model.moe_router_topk", mixture.top());
        overrides.put("model.moe_router_score_function", mixture.sigmoid() ? "sigmoid" : "softmax");
        overrides.put("model.moe_router_pre_softmax", !mixture.sigmoid() && !mixture.normalized());
        overrides.put("model.moe_router_topk_scaling_factor", mixture.scale() == 1 ? "null" : mixture.scale());
        boolean limited = mixture.limitsGroups();
        overrides.put(
                "model.moe_router_num_groups",
                limited ? mixture.groups().orElseThrow().count() : "null");
        overrides.put(
                "model.moe_router_group_topk",
                limited ? mixture.groups().orElseThrow().kept() : "null");
        overrides.put("model.moe_router_load_balancing_type", mixture.balancing());
        overrides.put("model.moe_aux_loss_coeff", mixture.balanceLoss());
        overrides.put("model.moe_router_enable_expert_bias", mixture.choiceBias());
        if (mixture.choiceBias()) {
            overrides.put("model.moe_router_bias_update_rate", job.optimizer().learningRate());
        }
        overrides.put(
                "model.moe_expert_capacity_factor",
                mixture.capacity().<Object>map(f -> f).orElse("null"));
        mixture.capacity().ifPresent(factor -> overrides.put("model.moe_token_drop_policy", "position"));
        overrides.put("model.moe_shared_expert_intermediate_size", mixture.shared() > 0 ? mixture.shared() : "null");
        overrides.put("model.moe_grouped_gemm", true);
        overrides.put("model.moe_token_dispatcher_type", "alltoall");
    }

    private static void training(Map<String, Object> overrides, TrainJob job, MegatronDecisions decisions) {
        overrides.put("train.global_batch_size", job.batch());
        if (job.steps() > 0) {
            overrides.put("train.train_iters", job.steps());
        }
        overrides.put(
                "mixed_precision",
                switch (decisions.numbers()) {
                    case FP32 -> "null";
                    case BF16 -> "bf16_mixed";
                    case FP16 -> "fp16_mixed";
                });
        decisions.fp8Recipe().ifPresent(recipe -> {
            overrides.put("model.fp8", "hybrid");
            overrides.put("model.fp8_recipe", recipe);
        });
        OptimizerSettings optimizer = job.optimizer();
        overrides.put("optimizer.lr", optimizer.learningRate());
        overrides.put("optimizer.adam_beta1", optimizer.beta1());
        overrides.put("optimizer.adam_beta2", optimizer.beta2());
        overrides.put("optimizer.adam_eps", optimizer.epsilon());
        overrides.put("optimizer.weight_decay", optimizer.decay());
        overrides.put("optimizer.clip_grad", 0.0);
        overrides.put("scheduler.lr_decay_style", "constant");
        overrides.put("scheduler.lr_warmup_iters", optimizer.warmup());
        overrides.put("rng.seed", job.seed());
        if (job.checkpointEvery() > 0) {
            overrides.put("checkpoint.save_interval", job.checkpointEvery());
        }
    }
}
