package dev.dovetail.backends.launch.handover;

import dev.dovetail.backends.launch.LaunchFile;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decision.Recompute;
import dev.dovetail.ir.plan.Decision.Tier;
import dev.dovetail.ir.plan.Offload;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/**
 * Calculon's execution and application files (Isaev et al. 2023, doi:10.1145/3581784.3607102), so that its model of
 * performance can referee ours: {@code calculon llm application.json execution.json SYSTEM.json -}.
 */
final class Calculon implements HandOver {
    private static final Source SOURCE = new Source("calculon-ai/calculon", "caa4b11f8fe1fee3ba57adaacb7590d7deabd053");
    private static final JsonMapper JSON = JsonMapper.builder().build();

    @Override
    public String name() {
        return "calculon";
    }

    @Override
    public Source source() {
        return SOURCE;
    }

    @Override
    public List<LaunchFile> write(PlannedTraining planned) {
        UniformDecoder model = UniformDecoder.of(name(), planned.job().model());
        Map<String, Object> execution = execution(planned, model);
        return List.of(
                new LaunchFile("calculon-execution.json", text(execution)),
                new LaunchFile("calculon-application.json", text(application(planned.job(), model))));
    }

    private static String text(Map<String, Object> json) {
        return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(json) + "\n";
    }

    private static Map<String, Object> application(TrainJob job, UniformDecoder model) {
        Map<String, Object> application = new LinkedHashMap<>();
        application.put("name", job.model().name());
        application.put("seq_size", job.sequence());
        application.put("hidden", model.width());
        application.put("feedforward", model.inner());
        application.put("attn_heads", model.heads());
        application.put("attn_size", model.headDim());
        application.put("num_blocks", model.layers());
        return application;
    }

    private Map<String, Object> execution(PlannedTraining planned, UniformDecoder model) {
        Decided decided = new Decided(name(), planned);
        Placement placement = Placement.of(name(), planned, decided);
        if (placement.context() > 1) {
            throw decided.refusal(Decision.CONTEXT, "its axes are tensor, pipeline and data");
        }
        boolean split = decided.get(Decision.SEQUENCE) && placement.tensor() > 1;
        Recompute recompute = decided.recompute();
        Map<String, Object> execution = new LinkedHashMap<>();
        execution.put("num_procs", placement.ranks());
        execution.put("tensor_par", placement.tensor());
        execution.put("pipeline_par", placement.pipeline());
        execution.put("data_par", placement.data());
        // The tiers of its systems: the links within a domain, and the network between.
        execution.put("tensor_par_net", tier(placement, placement.tensor()));
        execution.put("pipeline_par_net", tier(placement, placement.ranks()));
        execution.put("data_par_net", tier(placement, placement.tensor() * placement.data()));
        execution.put("batch_size", planned.job().batch());
        execution.put("microbatch_size", decided.get(Decision.MICROBATCH));
        execution.put("datatype", datatype(planned.job()));
        execution.put("fused_activation", false);
        execution.put("attention_type", attention(model));
        execution.put(
                "activation_recompute",
                switch (recompute) {
                    case NONE -> "none";
                    case SELECTIVE -> "attn_only";
                    case ALTERNATE ->
                        throw decided.refusal(Decision.RECOMPUTE, "it keeps all products, or none but attention's");
                    case FULL -> "full";
                });
        execution.put("pipeline_interleaving", interleaving(decided, model, placement));
        execution.put("optimizer_sharding", sharding(decided) && placement.data() > 1);
        execution.put("tensor_par_comm_type", split ? "rs_ag" : "ar");
        execution.put("tensor_par_overlap", "none");
        execution.put("seq_par_ag_redo", split && recompute != Recompute.FULL);
        execution.put("data_par_overlap", false);
        Offload offload = decided.offload();
        if (offload.gradients()) {
            throw decided.refusal(Decision.OFFLOAD, "its gradients stay with the device, or leave it with all else");
        }
        execution.put("weight_offload", offload.weights());
        if (offload.any() && decided.get(Decision.OFFLOAD_TO) == Tier.STORAGE) {
            throw decided.refusal(Decision.OFFLOAD_TO, "its second tier is the memory of the host");
        }
        execution.put("activations_offload", offload.activations());
        execution.put("optimizer_offload", offload.optimizer());
        execution.put("training", true);
        decided.requireAllRead();
        return execution;
    }

    private static int tier(Placement placement, int span) {
        return span <= placement.domain() ? 0 : 1;
    }

    /** Its systems know fp16 alone, which is as wide as bf16 and as fast on the devices they describe. */
    private String datatype(TrainJob job) {
        return switch (job.precision().compute()) {
            case BF16, F16 -> "float16";
            case F32 -> "float32";
            case F64, I32 ->
                throw new NotExpressible(
                        name(), "precision " + job.precision().compute(), "it knows types of 8, 16 and 32 bits");
        };
    }

    private String attention(UniformDecoder model) {
        if (model.activation().isGated()) {
            throw new NotExpressible(
                    name(),
                    "activation " + model.activation().spelling(),
                    "its layers have plain mlps of two products");
        }
        if (!model.isGrouped()) {
            return "multihead";
        }
        if (model.kvHeads() == 1) {
            return "multiquery";
        }
        throw new NotExpressible(name(), "kv_heads " + model.kvHeads(), "it knows as many KV heads as heads, or one");
    }

    private static int interleaving(Decided decided, UniformDecoder model, Placement placement) {
        Stages stages = Stages.of(decided, model, placement);
        switch (stages.schedule()) {
            case ONE_F_ONE_B, INTERLEAVED -> {}
            case GPIPE, ZB_H1, ZB_H2, ZB_V, DUALPIPE_V -> {
                if (placement.pipeline() > 1) {
                    throw decided.refusal(Decision.SCHEDULE, "its pipelines run 1f1b, interleaved or not");
                }
            }
        }
        if (!stages.isEven()) {
            throw decided.refusal(Decision.STAGES, "its stages have the same number of layers each");
        }
        return stages.virtual();
    }

    private static boolean sharding(Decided decided) {
        return switch (decided.get(Decision.SHARD)) {
            case NONE -> false;
            case OPTIMIZER -> true;
            case GRADIENTS, PARAMETERS ->
                throw decided.refusal(Decision.SHARD, "it shards the optimizer's state alone");
        };
    }
}
