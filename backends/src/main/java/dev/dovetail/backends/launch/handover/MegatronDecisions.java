package dev.dovetail.backends.launch.handover;

import dev.dovetail.ir.job.Precision;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.tensor.ElementType;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * What Megatron-LM and what is built on it can do of a plan.
 *
 * @param sharding what data ranks share out
 * @param loaders processes of each rank that prepare samples, where the plan says so
 * @param fp8Recipe how operands of fp8 products are scaled, by Megatron's word; present where products are in fp8
 */
record MegatronDecisions(
        Placement placement,
        boolean sequence,
        Stages stages,
        Sharding sharding,
        int microbatch,
        Again again,
        Numbers numbers,
        Optional<Integer> loaders,
        Optional<String> fp8Recipe) {

    /** How optimizer state, gradients and weights are kept. */
    enum Sharding {
        REPLICATED,
        /** The distributed optimizer: ZeRO 1. */
        DISTRIBUTED_OPTIMIZER,
        /** Megatron-FSDP with gradients sharded: ZeRO 2. */
        FSDP_GRADIENTS,
        /** Megatron-FSDP with everything sharded: ZeRO 3. */
        FSDP_ALL;

        /** Megatron-FSDP's word for it. */
        Optional<String> strategy() {
            return switch (this) {
                case REPLICATED, DISTRIBUTED_OPTIMIZER -> Optional.empty();
                case FSDP_GRADIENTS -> Optional.of("optim_grads");
                case FSDP_ALL -> Optional.of("optim_grads_params");
            };
        }
    }

    /** What Megatron calls the exchange of ranks that share a sequence. */
    String contextExchange() {
        return switch (placement.exchange()) {
            case GATHER, ZIGZAG -> "all_gather";
            case ALL_TO_ALL -> "a2a";
        };
    }

    /** Ranks that have different experts: tensor ranks with experts of their own are among them there. */
    int expertRanks(UniformDecoder model) {
        boolean ofTheirOwn = model.mixture().isPresent() && placement.expertTensor() == 1;
        return placement.expert() * (ofTheirOwn ? placement.tensor() : 1);
    }

    /** What the backward pass computes again. */
    enum Again {
        NOTHING,
        ATTENTION_CORE,
        LAYERS;

        static Again of(Decided decided) {
            return switch (decided.recompute()) {
                case NONE -> NOTHING;
                case SELECTIVE -> ATTENTION_CORE;
                case ALTERNATE ->
                    throw decided.refusal(
                            Decision.RECOMPUTE, "its selective mode names modules, and keeps no second product of one");
                case FULL -> LAYERS;
            };
        }
    }

    /** Which numbers products are made of; sums of gradients and the optimizer are fp32. */
    enum Numbers {
        FP32,
        BF16,
        FP16
    }

    /** Megatron's way to cut a pipeline unevenly: {@code Et*11|t*12|t*11L} with the embedding and the loss. */
    Optional<String> layout() {
        if (stages.isEven()) {
            return Optional.empty();
        }
        List<Integer> layers = stages.layers();
        String cut = IntStream.range(0, layers.size())
                .mapToObj(stage ->
                        (stage == 0 ? "E" : "") + "t*" + layers.get(stage) + (stage == layers.size() - 1 ? "L" : ""))
                .collect(Collectors.joining("|"));
        return Optional.of(cut);
    }

    static MegatronDecisions of(String target, PlannedTraining planned, UniformDecoder model) {
        Decided decided = new Decided(target, planned);
        Placement placement = Placement.of(target, planned, decided);
        Stages stages = Stages.of(decided, model, placement);
        decided.requireOnDevice(
                "its optimizer beside the device runs on the host, and its activations leave by the tensor");
        requireContext(decided, planned.job(), placement.context());
        requireSchedule(decided, placement, stages);
        Sharding sharding = switch (decided.get(Decision.SHARD)) {
            case NONE -> Sharding.REPLICATED;
            case OPTIMIZER -> Sharding.DISTRIBUTED_OPTIMIZER;
            case GRADIENTS -> Sharding.FSDP_GRADIENTS;
            case PARAMETERS -> Sharding.FSDP_ALL;
        };
        boolean sequence = decided.get(Decision.SEQUENCE);
        if (model.mixture().isPresent() && placement.tensor() > 1 && !sequence) {
            throw decided.refusal(
                    Decision.SEQUENCE, "with experts its tensor ranks always split the sequence between layers");
        }
        var result = new MegatronDecisions(
                placement,
                sequence && placement.tensor() > 1,
                stages,
                sharding,
                decided.get(Decision.MICROBATCH),
                Again.of(decided),
                numbers(target, planned.job().precision()),
                decided.loaders(planned.job().cluster()),
                fp8Recipe(decided));
        decided.requireAllRead();
        return result;
    }

    private static Optional<String> fp8Recipe(Decided decided) {
        return switch (decided.products()) {
            case STORED -> Optional.empty();
            case FP8 -> Optional.of("tensorwise");
            case FP8_BLOCK -> Optional.of("blockwise");
            case MXFP8 -> Optional.of("mxfp8");
            case NVFP4 -> throw decided.productRefusal("what is written for it multiplies in 8 bits or more");
        };
    }

    /** Each rank has a piece from either end of a sequence there, so that all have the same number of keys to look at. */
    private static void requireContext(Decided decided, TrainJob job, int context) {
        if (context > 1 && job.sequence() % (2 * context) != 0) {
            throw decided.refusal(
                    Decision.CONTEXT,
                    "it cuts sequences into twice as many pieces, and " + job.sequence()
                            + " positions are no multiple of " + 2 * context);
        }
    }

    private static void requireSchedule(Decided decided, Placement placement, Stages stages) {
        switch (stages.schedule()) {
            case ONE_F_ONE_B -> {}
            case INTERLEAVED -> {
                if (stages.virtual() == 1) {
                    throw decided.refusal(Decision.SCHEDULE, "it interleaves virtual stages, and there is one a rank");
                }
            }
            case GPIPE, ZB_H1, ZB_H2, ZB_V, DUALPIPE_V -> {
                if (placement.pipeline() > 1) {
                    throw decided.refusal(Decision.SCHEDULE, "its schedules are 1f1b and interleaved 1f1b");
                }
            }
        }
    }

    private static Numbers numbers(String target, Precision precision) {
        if (precision.gradient() != ElementType.F32
                || precision.state() != ElementType.F32
                || precision.master() != ElementType.F32) {
            throw new NotExpressible(
                    target,
                    "precision " + precision,
                    "gradients, moments and master weights are fp32 in what is written for it");
        }
        return switch (precision.compute()) {
            case F32 -> Numbers.FP32;
            case BF16 -> Numbers.BF16;
            case F16 -> Numbers.FP16;
            case F64, I32 ->
                throw new NotExpressible(
                        target, "precision " + precision.compute(), "weights are fp32, bf16 or fp16 in it");
        };
    }
}
