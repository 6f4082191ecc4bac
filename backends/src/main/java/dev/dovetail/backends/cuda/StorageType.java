package dev.dovetail.backends.cuda;

import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.TensorType;
import java.util.Collection;

/** How element types are spelled in generated kernels, and what they are computed in. */
public final class StorageType {
    private StorageType() {}

    /** The C++ type an element is stored as. */
    public static String of(ElementType element) {
        return switch (element) {
            case F64 -> "double";
            case F32 -> "float";
            case BF16 -> "bf16";
            case F16 -> "f16";
            case I32 -> "int";
        };
    }

    /** The type of arithmetic, statistics and accumulators: double where anything is stored so, else float. */
    public static ElementType arithmetic(Collection<TensorType> types) {
        return types.stream().anyMatch(type -> type.element() == ElementType.F64) ? ElementType.F64 : ElementType.F32;
    }
}
