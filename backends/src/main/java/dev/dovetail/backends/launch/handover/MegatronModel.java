package dev.dovetail.backends.launch.handover;

import dev.dovetail.backends.launch.handover.UniformDecoder.Activation;
import dev.dovetail.ir.block.ModelDefinition.Positions;

/** Which models the command line of Megatron-LM, and what takes over its settings, can say. */
final class MegatronModel {
    private MegatronModel() {}

    static UniformDecoder of(String target, PlannedTraining planned) {
        UniformDecoder model = UniformDecoder.withExperts(target, planned.job().model());
        requireActivation(target, model);
        if (model.positions() == Positions.ALIBI) {
            throw new NotExpressible(target, "positions alibi", "it has learned, rotary or no positions");
        }
        model.rope().flatMap(UniformDecoder.Rope::stretch).ifPresent(stretch -> {
            if (!stretch.isLlama31()) {
                throw new NotExpressible(
                        target,
                        "rope { factor " + stretch.factor() + " }",
                        "it stretches with Llama 3.1's other figures only: frequency factors 1 and 4, context 8192");
            }
        });
        return model;
    }

    private static void requireActivation(String target, UniformDecoder model) {
        switch (model.activation()) {
            case SWIGLU -> {}
            case GELU -> {
                if (!model.bias()) {
                    throw new NotExpressible(
                            target,
                            "activation gelu",
                            "without biases it takes the exact form of gelu, not the one with tanh");
                }
            }
            case GELU_ERF -> {
                if (model.bias()) {
                    throw new NotExpressible(
                            target,
                            "activation gelu_erf",
                            "with biases it takes the form of gelu with tanh, not the exact one");
                }
            }
            case QUICK_GELU, RELU, SILU, GEGLU, GEGLU_ERF, CLAMPED_SWIGLU ->
                throw new NotExpressible(
                        target, "activation " + model.activation().spelling(), "its command line has gelu and swiglu");
        }
        if (model.activation() == Activation.SWIGLU && model.bias()) {
            throw new NotExpressible(
                    target, "mlp { bias all }", "what is written for it has gated mlps without biases");
        }
    }
}
