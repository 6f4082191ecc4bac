package dev.dovetail.ir.job;

import dev.dovetail.ir.cluster.Device;
import java.util.Locale;
import java.util.Optional;

/** What the operands of linear layers are converted to before the tensor cores multiply them. */
public enum ProductFormat {
    /** As they are stored. */
    STORED,
    /** fp8 with one scale a tensor (Micikevicius et al. 2022, arXiv:2209.05433). */
    FP8,
    /** fp8 with a scale for each block of 128 × 128 weights or 1 × 128 activations (DeepSeek-V3, arXiv:2412.19437), or for each row. */
    FP8_BLOCK,
    /** fp8 with a scale for each 32 elements (OCP Microscaling Formats 1.0). */
    MXFP8,
    /** 4 bits with a scale for each 16 elements. */
    NVFP4;

    /** What tensor cores multiply; empty where operands stay as they are. */
    public Optional<Device.Narrow> operands() {
        return switch (this) {
            case STORED -> Optional.empty();
            case FP8, FP8_BLOCK, MXFP8 -> Optional.of(Device.Narrow.FP8);
            case NVFP4 -> Optional.of(Device.Narrow.FP4);
        };
    }

    /** The format that tables of published runs mean by {@code text}, such as {@code fp8-rowwise} or {@code amp_fp8/DEFAULT}. */
    public static Optional<ProductFormat> of(String text) {
        String name = text.toLowerCase(Locale.ROOT);
        if (name.contains("nvfp4")) {
            return Optional.of(NVFP4);
        }
        if (name.contains("mxfp8")) {
            return Optional.of(MXFP8);
        }
        if (name.contains("fp8")) {
            boolean scales = name.contains("block") || name.contains("-sc") || name.contains("row");
            return Optional.of(scales ? FP8_BLOCK : FP8);
        }
        return name.contains("16") ? Optional.of(STORED) : Optional.empty();
    }
}
