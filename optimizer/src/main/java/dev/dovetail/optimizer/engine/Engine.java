package dev.dovetail.optimizer.engine;

import dev.dovetail.ir.plan.Decision.Recompute;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.units.Seconds;
import java.util.List;
import java.util.Optional;

/**
 * The software that runs a plan. A plan's program says what is computed and exchanged; an engine says with which kernels, what
 * it repeats and what it hides behind what. Each property is a documented fact of a code base at a time, none is fitted.
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
        ProductFormat products,
        int since,
        Recompute usualRecompute,
        String source) {

    public Engine {
        frameworks = List.copyOf(frameworks);
    }

    /** Whether attention's scores reach memory. */
    public enum Attention {
        /** One kernel, no stored scores (FlashAttention, Dao et al. 2022, arXiv:2205.14135). */
        FUSED,
        /** Products, softmax and dropout are kernels of their own, and scores lie in memory between them. */
        MATERIALISED
    }

    /**
     * Which kernels a layer is made of.
     *
     * @param dropout whether attention's weights and sub-layers' outputs are dropped out
     * @param joinsProjections whether products that read the same activations are one product (query, key and value; gate and up)
     * @param accumulatesInProducts whether products of weight gradients add to the step's gradients themselves
     * @param replaysWholeLayers whether full recomputation runs the whole forward pass again, also what no gradient needs
     * @param logitBytes bytes that cross memory for each logit from the head's product to the logits' gradient; 0 for what the
     *     program's own operators move
     * @param updateBytes bytes that cross memory for each parameter an optimizer step updates; 0 for what the program's own
     *     instruction moves
     */
    public record Kernels(
            Attention attention,
            boolean dropout,
            boolean joinsProjections,
            boolean accumulatesInProducts,
            boolean replaysWholeLayers,
            double logitBytes,
            double updateBytes) {}

    /**
     * What ranks exchange, and what of it they wait for.
     *
     * @param blocksOnMessages whether a stage waits while a message of its own travels
     * @param scattersMessages whether tensor ranks each send their share of a message and gather it behind the network
     * @param hiddenTensor share of the tensor axis' exchanges that runs beside products
     * @param hidesGradients whether gradients are reduced while the last backward pass still runs
     * @param hidesWeights whether weights are gathered while the layers before compute
     * @param gradients what gradients are exchanged as, where not as they are accumulated
     */
    public record Traffic(
            boolean blocksOnMessages,
            boolean scattersMessages,
            double hiddenTensor,
            boolean hidesGradients,
            boolean hidesWeights,
            Optional<ElementType> gradients) {}

    /**
     * The program that launches kernels.
     *
     * @param perKernel its time for each kernel, which bounds layers of small kernels
     */
    public record Host(Seconds perKernel) {}

    /** The same engine multiplying in another format. */
    public Engine with(ProductFormat format) {
        return new Engine(name, frameworks, kernels, traffic, host, format, since, usualRecompute, source);
    }
}
