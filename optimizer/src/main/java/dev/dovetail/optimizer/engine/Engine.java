package dev.dovetail.optimizer.engine;

import dev.dovetail.ir.job.ProductFormat;
import dev.dovetail.ir.job.ProductFormats;
import dev.dovetail.ir.plan.Decision.Recompute;
import dev.dovetail.ir.plan.Decision.Shard;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.units.Seconds;
import java.util.List;
import java.util.Optional;

/**
 * The software that runs a plan. A plan's program says what is computed and exchanged; an engine says with which kernels, what
 * it repeats and what it hides behind what. What kind of thing it does is a documented fact of a code base at a time; how long
 * its host takes for a kernel, and a few shares that nobody publishes, are fitted to tables of steps, one number for all.
 *
 * @param frameworks what tables of published runs call it, in lower case
 * @param products what linear layers' operands are converted to
 * @param since year of the first release that is so
 * @param usualRecompute what its users set where nothing is said
 * @param source where its properties were read
 */
public record Engine(
        String name,
        List<String> frameworks,
        Kernels kernels,
        Traffic traffic,
        Host host,
        ProductFormats products,
        int since,
        Recompute usualRecompute,
        String source) {

    public Engine {
        frameworks = List.copyOf(frameworks);
    }

    /** How attention is computed; later kernels reach more of a device. */
    public enum Attention {
        /** Products, softmax and dropout are kernels of their own, and scores lie in memory between them. */
        MATERIALISED,
        /** No stored scores (Dao et al. 2022, arXiv:2205.14135), in Triton or CUDA for Ampere. */
        FLASH_1,
        /** Better split over warps (Dao 2023, arXiv:2307.08691). */
        FLASH_2,
        /** Written for Hopper and later: FlashAttention-3 (arXiv:2407.08608), cuDNN. */
        FLASH_3
    }

    /**
     * Which kernels a layer is made of.
     *
     * @param dropout whether attention's weights and sub-layers' outputs are dropped out
     * @param joinsProjections whether products that read the same activations are one product (query, key and value; gate and up)
     * @param accumulating bytes that adding a micro-batch's weight gradients up moves for each byte of the program's; 0 where the
     *     products add to the step's gradients themselves
     * @param replaysWholeLayers whether full recomputation runs the whole forward pass again, also what no gradient needs
     * @param streaming bytes that elementwise kernels move for each byte of the program's, whose elementwise work is fused: more
     *     where a framework runs each cast, copy and bias as a kernel of its own
     * @param logitBytes bytes that cross memory for each logit from the head's product to the logits' gradient; 0 for what the
     *     program's own operators move
     * @param updateBytes bytes that cross memory for each parameter an optimizer step updates; 0 for what the program's own
     *     instruction moves
     * @param fused what is one kernel that the program has several operators for
     * @param ring how ranks that share a sequence attend to all of it
     * @param casts when operands are converted to what is multiplied
     */
    public record Kernels(
            Attention attention,
            boolean dropout,
            boolean joinsProjections,
            double accumulating,
            boolean replaysWholeLayers,
            double streaming,
            double logitBytes,
            double updateBytes,
            Fused fused,
            Ring ring,
            Casts casts) {

        Kernels(
                Attention attention,
                boolean dropout,
                boolean joinsProjections,
                double accumulating,
                boolean replaysWholeLayers,
                double streaming,
                double logitBytes,
                double updateBytes) {
            this(
                    attention,
                    dropout,
                    joinsProjections,
                    accumulating,
                    replaysWholeLayers,
                    streaming,
                    logitBytes,
                    updateBytes,
                    Fused.NOTHING,
                    Ring.BALANCED,
                    Casts.ONCE);
        }

        Kernels with(Fused others) {
            return with(others, ring, casts);
        }

        /** The same kernels on stretches of sequences. */
        Kernels with(Ring other) {
            return with(fused, other, casts);
        }

        Kernels with(Casts other) {
            return with(fused, ring, other);
        }

        private Kernels with(Fused others, Ring stretches, Casts conversions) {
            return new Kernels(
                    attention,
                    dropout,
                    joinsProjections,
                    accumulating,
                    replaysWholeLayers,
                    streaming,
                    logitBytes,
                    updateBytes,
                    others,
                    stretches,
                    conversions);
        }
    }

    /**
     * Attention of ranks that share a sequence.
     *
     * @param balanced whether they have as much to look back on: an early and a late stretch each, not one in their order
     * @param hidden whether keys travel in stretches, the next while attention works on this one
     * @param repeated whether keys and values are repeated for each query head before they travel, and their gradients are in fp32
     * @param mergedBytes bytes that cross memory for each element of queries to add what one stretch of keys gives to what those before
     *     gave, forward
     * @param mergedBackward the same, backward
     */
    public record Ring(boolean balanced, boolean hidden, boolean repeated, int mergedBytes, int mergedBackward) {
        static final Ring BALANCED = new Ring(true, true, false, 0, 0);
        static final Ring IN_ORDER = new Ring(false, true, false, 0, 0);
    }

    /**
     * Conversions to narrow formats.
     *
     * @param beforeGathers whether operands with one scale for a whole tensor are converted before tensor ranks gather them
     * @param apart whether products of which gradients of weights are made convert both operands again, where scales are for rows
     */
    public record Casts(boolean beforeGathers, boolean apart) {
        /** Where they are made, along both dims at once. */
        static final Casts ONCE = new Casts(false, false);
    }

    /**
     * Work that fewer kernels do than the program has operators.
     *
     * @param scans whether what a state space does within and between chunks is done by Triton's kernels (mamba_ssm)
     * @param narrowAttention whether attention is in fp8 where linear layers have a scale for each 32 elements
     * @param experts whether the products of experts apply their activation and convert its result
     */
    public record Fused(boolean scans, boolean narrowAttention, boolean experts) {
        static final Fused NOTHING = new Fused(false, false, false);
    }

    /**
     * What ranks exchange, and what of it they wait for.
     *
     * @param blocksOnMessages whether a stage waits while a message of its own travels
     * @param scattersMessages whether tensor ranks each send their share of a message and gather it behind the network
     * @param hiddenTensor share of the tensor axis' exchanges that runs beside products
     * @param hiddenQueues share of the exchanges of experts' queues that runs beside products
     * @param messages share of the network's bandwidth that messages reach
     * @param reducing share of an exchange's rate that gradients reach on their way between nodes: they are flattened, reduced and
     *     copied back piece by piece
     * @param pooledCards whether an exchange between nodes uses the cards of all its members there
     * @param sendsOnce whether a token travels once to a node, however many of its experts are there
     * @param exposed share of the shorter of an exchange and the work beside it that is lost all the same
     * @param hidesGradients whether gradients are reduced while the last backward pass still runs
     * @param hidesWeights whether weights are gathered while the layers before compute
     * @param gradients what gradients are exchanged as, where not as they are accumulated
     * @param pipelined the most that replicas share where micro-batches follow each other through a pipeline: engines that gather
     *     weights and reduce gradients once a step there keep them whole between
     * @param broadcasts how many tensors of a layer come one by one, each around a ring of all ranks that share state; 0 where they are
     *     gathered together
     */
    public record Traffic(
            boolean blocksOnMessages,
            boolean scattersMessages,
            double messages,
            double reducing,
            boolean pooledCards,
            double hiddenTensor,
            double hiddenQueues,
            boolean sendsOnce,
            double exposed,
            boolean hidesGradients,
            boolean hidesWeights,
            Optional<ElementType> gradients,
            Shard pipelined,
            int broadcasts) {

        Traffic(
                boolean blocksOnMessages,
                boolean scattersMessages,
                double messages,
                double reducing,
                boolean pooledCards,
                double hiddenTensor,
                double hiddenQueues,
                boolean sendsOnce,
                double exposed,
                boolean hidesGradients,
                boolean hidesWeights,
                Optional<ElementType> gradients,
                Shard pipelined) {
            this(
                    blocksOnMessages,
                    scattersMessages,
                    messages,
                    reducing,
                    pooledCards,
                    hiddenTensor,
                    hiddenQueues,
                    sendsOnce,
                    exposed,
                    hidesGradients,
                    hidesWeights,
                    gradients,
                    pipelined,
                    0);
        }
    }

    /**
     * The program that launches kernels.
     *
     * @param perKernel its time for each kernel, which bounds layers of small kernels
     * @param brief whether it runs a kernel too briefly for the device to reach its power limit, as tables of single operators do
     */
    public record Host(Seconds perKernel, boolean brief) {}

    /** The same engine running single operators in short loops. */
    public Engine briefly() {
        return new Engine(
                name,
                frameworks,
                kernels,
                traffic,
                new Host(Seconds.ZERO, true),
                products,
                since,
                usualRecompute,
                source);
    }

    /** The same engine multiplying in another format. */
    public Engine with(ProductFormat format) {
        return with(ProductFormats.of(format));
    }

    /** The same engine multiplying in other formats. */
    public Engine with(ProductFormats formats) {
        return new Engine(name, frameworks, kernels, traffic, host, formats, since, usualRecompute, source);
    }
}
