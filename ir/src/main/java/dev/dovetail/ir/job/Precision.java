package dev.dovetail.ir.job;

import dev.dovetail.ir.tensor.ElementType;
import java.util.List;

/**
 * What each class of tensor is stored as while training.
 *
 * @param compute weights and activations
 * @param gradient accumulated gradients
 * @param state each Adam moment
 * @param master a second, exact copy of the weights kept by the optimizer where {@code compute} is narrower
 * @param products what the operands of linear layers are converted to before they are multiplied
 * @param choices what a plan may choose for {@code products}; of several the first stands until it has
 */
public record Precision(
        ElementType compute,
        ElementType gradient,
        ElementType state,
        ElementType master,
        ProductFormats products,
        List<ProductFormats> choices) {

    public Precision {
        choices = List.copyOf(choices);
    }

    public Precision(
            ElementType compute, ElementType gradient, ElementType state, ElementType master, ProductFormats products) {
        this(compute, gradient, state, master, products, List.of(products));
    }

    public Precision(ElementType compute, ElementType gradient, ElementType state, ElementType master) {
        this(compute, gradient, state, master, ProductFormats.STORED);
    }

    /** One type for everything. */
    public static Precision uniform(ElementType type) {
        return new Precision(type, type, type, type);
    }

    /** bf16 with fp32 gradients, master weights and moments: 18 bytes a parameter, as Megatron-LM. */
    public static Precision mixed(ElementType compute) {
        return new Precision(compute, ElementType.F32, ElementType.F32, ElementType.F32);
    }

    /** The same with operands of linear layers converted to {@code formats}. */
    public Precision multiplying(ProductFormats formats) {
        return new Precision(compute, gradient, state, master, formats);
    }

    /** The same with formats of linear layers left to a plan. */
    public Precision choosing(List<ProductFormats> formats) {
        return new Precision(compute, gradient, state, master, formats.getFirst(), formats);
    }

    /** Whether the optimizer keeps master weights of its own. */
    public boolean hasMaster() {
        return master != compute;
    }

    /** Bytes of optimizer state for each parameter: two moments, and the master copy if there is one. */
    public int optimizerBytes() {
        return 2 * state.bytes() + (hasMaster() ? master.bytes() : 0);
    }
}
