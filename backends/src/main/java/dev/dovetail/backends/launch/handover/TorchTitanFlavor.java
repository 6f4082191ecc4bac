package dev.dovetail.backends.launch.handover;

import dev.dovetail.backends.launch.handover.UniformDecoder.Activation;
import dev.dovetail.backends.launch.handover.UniformDecoder.Rope;
import dev.dovetail.backends.launch.handover.UniformDecoder.Stretch;
import dev.dovetail.ir.block.ModelDefinition.Positions;
import dev.dovetail.ir.op.Normalize.NormKind;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A size that torchtitan has of a model, from {@code torchtitan/models/NAME/__init__.py}; it trains no others without new
 * code. Its vocabulary is the tokenizer's. Llama's feed-forward widths are worked out from its multipliers there.
 */
record TorchTitanFlavor(String model, String flavor, UniformDecoder sizes) {
    private static final Rope LLAMA_ROPE = new Rope(500_000, 1, Optional.of(new Stretch(8, 1, 4, 8192)));
    private static final Rope QWEN_ROPE = new Rope(1_000_000, 1, Optional.empty());

    private static final List<TorchTitanFlavor> ALL = List.of(
            llama("8B", 32, 4096, 32, 14_336),
            llama("70B", 80, 8192, 64, 28_672),
            llama("405B", 126, 16_384, 128, 53_248),
            qwen("0.6B", 28, 1024, 16, 3072, true),
            qwen("1.7B", 28, 2048, 16, 6144, true),
            qwen("4B", 36, 2560, 32, 9728, true),
            qwen("8B", 36, 4096, 32, 12_288, false),
            qwen("14B", 40, 5120, 40, 17_408, false),
            qwen("32B", 64, 5120, 64, 25_600, false));

    /** @throws NotExpressible when torchtitan has no such size */
    static TorchTitanFlavor of(String target, UniformDecoder model, String name) {
        return ALL.stream()
                .filter(flavor -> flavor.at(model).equals(model))
                .findFirst()
                .orElseThrow(() -> new NotExpressible(
                        target,
                        "model " + name,
                        "it has models of fixed sizes, and none is this one: "
                                + Arrays.toString(ALL.stream()
                                        .map(flavor -> flavor.model() + " " + flavor.flavor())
                                        .toArray())));
    }

    /** This size with what another model leaves to the job: vocabulary and context. */
    private UniformDecoder at(UniformDecoder model) {
        return decoder(
                sizes.layers(),
                sizes.width(),
                sizes.heads(),
                sizes.headDim(),
                sizes.inner(),
                sizes.queryKeyNorm(),
                sizes.rope().orElseThrow(),
                sizes.epsilon(),
                model.vocab(),
                model.context(),
                sizes.tied());
    }

    private static TorchTitanFlavor llama(String flavor, int layers, int width, int heads, int inner) {
        return new TorchTitanFlavor(
                "llama3",
                flavor,
                decoder(layers, width, heads, width / heads, inner, false, LLAMA_ROPE, 1e-5, 1, 1, false));
    }

    private static TorchTitanFlavor qwen(String flavor, int layers, int width, int heads, int inner, boolean tied) {
        return new TorchTitanFlavor(
                "qwen3", flavor, decoder(layers, width, heads, 128, inner, true, QWEN_ROPE, 1e-6, 1, 1, tied));
    }

    private static UniformDecoder decoder(
            int layers,
            int width,
            int heads,
            int headDim,
            int inner,
            boolean queryKeyNorm,
            Rope rope,
            double epsilon,
            int vocab,
            int context,
            boolean tied) {
        return new UniformDecoder(
                layers,
                width,
                heads,
                8,
                headDim,
                inner,
                Activation.SWIGLU,
                false,
                false,
                queryKeyNorm,
                Positions.ROPE,
                Optional.of(rope),
                NormKind.RMS,
                epsilon,
                vocab,
                context,
                tied,
                Optional.empty());
    }
}
