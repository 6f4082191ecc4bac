package dev.dovetail.optimizer.search;

import dev.dovetail.ir.block.Names;
import dev.dovetail.ir.graph.Graph;
import dev.dovetail.ir.graph.Input;
import dev.dovetail.ir.graph.Node;
import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.job.ProductClass;
import dev.dovetail.ir.job.ProductFormat;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.model.LayerKind;
import dev.dovetail.ir.op.Attend;
import dev.dovetail.ir.op.AttentionPattern;
import dev.dovetail.ir.op.GateGrad;
import dev.dovetail.ir.op.MatMul;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decision.Recompute;
import dev.dovetail.ir.plan.Decision.Shard;
import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.ir.program.MemoryPart;
import dev.dovetail.ir.program.MeshShape;
import dev.dovetail.ir.program.Program;
import dev.dovetail.ir.program.RankClass;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.optimizer.engine.Engine;
import dev.dovetail.optimizer.engine.Engine.Attention;
import dev.dovetail.optimizer.engine.EngineMemory;
import dev.dovetail.optimizer.lower.LowerPlan;
import dev.dovetail.optimizer.lower.LoweredLayer;
import dev.dovetail.optimizer.lower.StageContents.Run;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * Memory that an engine takes on a stage's devices beside the plan's arena, in bytes by what it is for. The arena stays the plan's
 * own number; this comes on top and is told apart. What an engine keeps in less memory than the plan does is negative.
 */
public record EngineOverhead(Map<Part, Long> parts) {
    /** Bytes of a score in 16 bits, and of its dropout mask. */
    private static final int SCORE = 2;

    private static final int MASK = 1;

    /** What the memory is for. */
    public enum Part {
        /** Driver context and loaded kernels; a framework's own counters do not see it. */
        LIBRARIES("driver and libraries"),
        /** Buffers of communicators; a framework's own counters do not see them either. */
        COMMUNICATORS("communicators"),
        BUCKETS("buckets for gradients and weights"),
        OUTPUTS("outputs kept by stages"),
        LOGITS("logits in fp32"),
        /** Kept from forward to backward: attention's scores, where kernels do not fuse them away, and masks of dropout. */
        KEPT("attention scores and dropout masks kept"),
        /** What the engine keeps of activations more than the program does, or less. */
        OTHERWISE("activations kept otherwise"),
        /** Alive in one layer's backward pass. */
        SCORES("attention scores of a layer at work"),
        REPEATED("keys and values repeated and gathered"),
        GRADIENTS("further copies of gradients"),
        /** What of master weights the narrow copies say already; negative. */
        MASTERS("master weights kept as remainders"),
        FRAGMENTATION("fragmentation");

        private final String words;

        Part(String words) {
            this.words = words;
        }

        @Override
        public String toString() {
            return words;
        }
    }

    public EngineOverhead {
        parts = Collections.unmodifiableMap(new EnumMap<>(parts));
    }

    public long total() {
        return parts.values().stream().mapToLong(Long::longValue).sum();
    }

    /** What it cannot do without: the allocator gives back what it holds before it fails. */
    long needed() {
        return total() - parts.get(Part.FRAGMENTATION);
    }

    /** What the framework's allocator counts of it. */
    public long allocated() {
        return total() - parts.get(Part.LIBRARIES) - parts.get(Part.COMMUNICATORS);
    }

    /** @param stage of {@code program}, which is {@code complete} lowered */
    static EngineOverhead of(
            Engine engine, TrainJob job, Decisions complete, LowerPlan.LayerSource layers, Program program, int stage) {
        return new Account(engine, job, complete, layers, program, stage).overhead();
    }

    /** One stage's account. */
    private static final class Account {
        private final Engine engine;
        private final EngineMemory facts;
        private final TrainJob job;
        private final Decisions decisions;
        private final RankClass rank;
        private final MeshShape mesh;
        private final List<Run> runs;
        private final long live;

        Account(
                Engine engine,
                TrainJob job,
                Decisions decisions,
                LowerPlan.LayerSource layers,
                Program program,
                int stage) {
            this.engine = engine;
            this.facts = EngineMemory.of(engine);
            this.job = job;
            this.decisions = decisions;
            this.rank = program.classes().get(stage);
            this.mesh = program.mesh();
            this.runs = LowerPlan.contents(job, decisions, layers, stage).chunks().stream()
                    .flatMap(List::stream)
                    .toList();
            int chunks = decisions.get(Decision.INTERLEAVE);
            long passes = StepModel.live(
                            decisions.get(Decision.SCHEDULE),
                            decisions.get(Decision.PIPELINE),
                            chunks,
                            program.microbatches(),
                            stage)
                    .whole();
            // Passes count a micro-batch once for each chunk; layers of all chunks are summed below.
            this.live = Math.ceilDiv(passes, chunks);
        }

        EngineOverhead overhead() {
            var parts = new EnumMap<Part, Long>(Part.class);
            parts.put(Part.LIBRARIES, facts.allocator().libraries().count());
            parts.put(Part.COMMUNICATORS, facts.allocator().communicator().count() * communicators());
            parts.put(Part.BUCKETS, buckets());
            long kept = live
                    * runs.stream()
                            .mapToLong(run -> run.count() * keptScores(run.layer()))
                            .sum();
            long otherwise = live
                    * runs.stream()
                            .mapToLong(run -> run.count() * keptOtherwise(run.layer()))
                            .sum();
            long outputs = outputs();
            // Scores, logits and copies of gradients come one after the other, in memory that the allocator keeps.
            long copies = copies();
            long scores = Math.max(0, workingScores() - copies);
            long logits = Math.max(0, logits() - copies - scores);
            parts.put(Part.OUTPUTS, outputs);
            parts.put(Part.KEPT, kept);
            parts.put(Part.OTHERWISE, otherwise);
            parts.put(Part.SCORES, scores);
            parts.put(Part.LOGITS, logits);
            // Layers' exchanges and the loss take turns: what was held for the ones serves the other.
            parts.put(Part.REPEATED, Math.max(0, repeated() - logits));
            parts.put(Part.GRADIENTS, copies + narrow());
            parts.put(Part.MASTERS, facts.step().remainders() ? -spared() : 0);
            long moving = part(MemoryPart.ACTIVATIONS) + part(MemoryPart.WORKSPACE) + kept + otherwise + outputs;
            parts.put(Part.FRAGMENTATION, fragmentation(moving, late(logits), new EngineOverhead(parts).total()));
            return new EngineOverhead(parts);
        }

        /** One for each axis that is split, and one over all ranks. */
        private int communicators() {
            return mesh.ranks() == 1
                    ? 0
                    : 1
                            + facts.allocator().groups()
                            + (int) mesh.axes().values().stream()
                                    .filter(ways -> ways > 1)
                                    .count();
        }

        private long buckets() {
            long parameters =
                    part(MemoryPart.PARAMETERS) / job.precision().compute().bytes();
            long elements = Math.min(facts.buckets().elements(), parameters);
            int width = facts.step().gradients().bytes();
            return shards() ? facts.buckets().count() * elements * width + flattened() : 0;
        }

        /** Of the largest layer between embedding and head. */
        private long flattened() {
            long largest = runs.stream()
                    .filter(run -> run.layer().kind().role() == LayerKind.Role.BLOCK)
                    .mapToLong(run -> run.layer().blocks().stream()
                            .mapToLong(block -> block.elements())
                            .sum())
                    .max()
                    .orElse(0);
            return facts.buckets().layers() * largest * ElementType.F32.bytes();
        }

        /** Free again, but not given out: what was gathered along the tensor axis, beyond the loss' own, and what a step left over. */
        private long late(long logits) {
            int ways = mesh.size(MeshShape.TENSOR);
            long elements = runs.getFirst().layer().streamBytes()
                    / job.precision().compute().bytes();
            boolean gathers = ways > 1 && decisions.get(Decision.SEQUENCE);
            long gathered = gathers ? Math.round(facts.allocator().late() * elements * ways) : 0;
            return Math.max(0, gathered - logits)
                    + ownedParameters() * facts.step().held();
        }

        private boolean shards() {
            return decisions.get(Decision.SHARD) != Shard.NONE;
        }

        /** What the optimizer's step makes of the gradients it owns. */
        private long copies() {
            return ownedParameters() * facts.step().copied();
        }

        /** Bytes of master weights that stand in the narrow copies. */
        private long spared() {
            return ownedParameters() * job.precision().compute().bytes();
        }

        /** Narrow gradients beside those they are added to, and the largest of them as wide as those while it is added. */
        private long narrow() {
            long largest = runs.stream()
                    .flatMap(run -> run.layer().forward().graph().parameters().stream())
                    .mapToLong(parameter -> parameter.value().type().elements())
                    .max()
                    .orElse(0);
            return facts.step().narrow()
                    ? part(MemoryPart.PARAMETERS)
                            + largest * facts.step().gradients().bytes()
                    : 0;
        }

        /** What the allocator holds and cannot use; where memory is short it gives that back. */
        private long fragmentation(long moving, long late, long others) {
            long room = Limits.installed(job).count() - rank.arenaBytes() - others;
            long held = late + Math.round(moving * facts.allocator().fragmentation());
            return Math.clamp(held, 0, Math.max(0, room));
        }

        private long part(MemoryPart part) {
            return rank.memory().getOrDefault(part, 0L);
        }

        /** Parameters whose optimizer state this rank keeps. */
        private long ownedParameters() {
            return part(MemoryPart.OPTIMIZER) / job.precision().optimizerBytes();
        }

        // --- scores and masks
        // --------------------------------------------------------------------------------------------------

        /** Attention weights of one micro-batch in a layer. */
        private static long scores(LoweredLayer layer) {
            long sum = 0;
            for (Node node : layer.forward().graph().nodes()) {
                if (node.op() instanceof Attend attend) {
                    var queries = node.operandTypes().get(0);
                    long keys = node.operandTypes()
                            .get(1)
                            .dim(attend.pattern().keys())
                            .bound();
                    sum += queries.elements()
                            / queries.dim(AttentionPattern.HEAD_DIM).bound()
                            * keys;
                }
            }
            return sum;
        }

        /** Softmax, and with dropout its mask and output. */
        private int bytesPerScore() {
            boolean stored = engine.kernels().attention() == Attention.MATERIALISED;
            return stored ? SCORE + (engine.kernels().dropout() ? MASK + SCORE : 0) : 0;
        }

        /** Keys and values of a whole sequence with as many heads as queries have, where they travel so. */
        private long repeated() {
            int ways = mesh.size(MeshShape.CONTEXT);
            if (ways == 1 || !engine.kernels().ring().repeated()) {
                return 0;
            }
            long queries = runs.stream()
                    .flatMap(run -> run.layer().forward().graph().nodes().stream())
                    .filter(node -> node.op() instanceof Attend)
                    .mapToLong(node -> node.operandTypes().getFirst().bytes())
                    .max()
                    .orElse(0);
            return 2 * queries * ways;
        }

        /** What a layer keeps of one micro-batch until its backward pass. */
        private long keptScores(LoweredLayer layer) {
            Recompute recompute = layer.settings().recompute();
            if (recompute == Recompute.FULL || layer.kind().role() != LayerKind.Role.BLOCK) {
                return 0;
            }
            long masks = engine.kernels().dropout()
                    ? 2 * layer.streamBytes() / job.precision().compute().bytes() * MASK
                    : 0;
            return masks + (recompute == Recompute.NONE ? scores(layer) * bytesPerScore() : 0);
        }

        /** What the backward pass of one layer needs at once: recomputed scores, and gradients of scores and softmax. */
        private long workingScores() {
            if (bytesPerScore() == 0) {
                return 0;
            }
            return runs.stream()
                    .map(Run::layer)
                    .mapToLong(layer -> scores(layer) * (again(layer) * bytesPerScore() + 2 * SCORE))
                    .max()
                    .orElse(0);
        }

        /** What a layer keeps of one micro-batch more than the program says, or less. */
        private long keptOtherwise(LoweredLayer layer) {
            if (layer.kind().role() != LayerKind.Role.BLOCK) {
                return 0;
            }
            double sum = 0;
            for (Input input : layer.backward().graph().inputs()) {
                if (input.source() == Input.Source.SAVED) {
                    sum += keptOtherwise(layer.backward().graph(), input.value());
                }
            }
            return Math.round(sum);
        }

        /**
         * Operands of products may be kept as they are multiplied: less where the backward pass reads them in products alone, more
         * where others read them too and a copy is kept beside.
         */
        private double keptOtherwise(Graph backward, Value saved) {
            List<Node> readers = backward.nodes().stream()
                    .filter(node -> node.operands().contains(saved))
                    .toList();
            if (!facts.kept().expertOutputs() && readers.stream().allMatch(node -> node.op() instanceof GateGrad)) {
                return -saved.type().bytes();
            }
            long products =
                    readers.stream().filter(node -> node.op() instanceof MatMul).count();
            OptionalDouble bytes = facts.kept().converted()
                    ? readers.stream()
                            .filter(node -> node.op() instanceof MatMul)
                            .map(node -> engine.products().of(ProductClass.of(node.operandTypes())))
                            .findFirst()
                            .map(Account::bytesOfOperand)
                            .orElse(OptionalDouble.empty())
                    : OptionalDouble.empty();
            if (bytes.isEmpty()) {
                return 0;
            }
            double narrow = saved.type().elements() * bytes.getAsDouble();
            return products == readers.size() ? narrow - saved.type().bytes() : narrow;
        }

        private static OptionalDouble bytesOfOperand(ProductFormat format) {
            return switch (format) {
                case STORED -> OptionalDouble.empty();
                case FP8, FP8_BLOCK, MXFP8 -> OptionalDouble.of(1);
                case NVFP4 -> OptionalDouble.of(0.5625);
            };
        }

        private static int again(LoweredLayer layer) {
            return layer.settings().recompute() == Recompute.NONE ? 0 : 1;
        }

        private long outputs() {
            boolean sends = rank.stage() < mesh.size(MeshShape.PIPELINE) - 1;
            return facts.kept().outputs() && sends
                    ? live * runs.getFirst().layer().streamBytes()
                    : 0;
        }

        // --- the loss
        // ----------------------------------------------------------------------------------------------------------

        /** What the loss needs beyond the workspace that other layers leave free meanwhile. */
        private long logits() {
            long most = 0;
            for (Run run : runs) {
                if (run.layer().kind().role() == LayerKind.Role.HEAD) {
                    double needed = facts.logitBytes() * logits(run.layer());
                    most = Math.max(
                            most, Math.round(needed) - run.layer().kept().saved());
                }
            }
            return Math.max(0, most - part(MemoryPart.WORKSPACE));
        }

        private static long logits(LoweredLayer head) {
            return head.forward().graph().nodes().stream()
                    .filter(node -> node.op() instanceof MatMul)
                    .flatMap(node -> node.results().stream())
                    .map(value -> value.type())
                    .filter(type -> type.has(Names.VOCAB))
                    .mapToLong(type -> type.elements())
                    .max()
                    .orElse(0);
        }
    }
}
