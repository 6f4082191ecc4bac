package dev.dovetail.backends.cuda;

import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.TensorType;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/** Stable, readable and unique names of kernels, and identifiers that C++ accepts. */
public final class CudaNames {
    // Words a dim or symbol may be called but C++, CUDA or our own device functions keep for themselves.
    private static final Set<String> TAKEN = Set.of(
            "auto",
            "bool",
            "break",
            "case",
            "char",
            "class",
            "const",
            "continue",
            "default",
            "delete",
            "do",
            "double",
            "else",
            "enum",
            "extern",
            "false",
            "float",
            "for",
            "goto",
            "if",
            "inline",
            "int",
            "long",
            "memory",
            "namespace",
            "new",
            "operator",
            "private",
            "protected",
            "public",
            "real",
            "register",
            "return",
            "short",
            "signed",
            "sizeof",
            "static",
            "store",
            "load",
            "struct",
            "switch",
            "template",
            "tensor",
            "this",
            "true",
            "typedef",
            "union",
            "unsigned",
            "using",
            "virtual",
            "void",
            "volatile",
            "while",
            "at",
            "column",
            "result",
            "slice",
            "total");

    private final Set<String> used = new HashSet<>();

    /** A name for the kernel of {@code work}, such as {@code matmul_64x128_128x512_bf16}; a second one gets a number. */
    public String allocate(KernelWork work) {
        String wanted = identifier(work.label() + "_" + sizes(work) + "_" + elements(work));
        String name = wanted;
        for (int i = 2; !used.add(name); i++) {
            name = wanted + "_" + i;
        }
        return name;
    }

    private static String sizes(KernelWork work) {
        return work.operands().stream().map(CudaNames::size).distinct().limit(2).collect(Collectors.joining("_"));
    }

    private static String size(TensorType type) {
        return type.dims().isEmpty()
                ? "1"
                : type.dims().stream().map(Dim::bound).map(String::valueOf).collect(Collectors.joining("x"));
    }

    private static String elements(KernelWork work) {
        return work.results().stream()
                .map(TensorType::element)
                .map(ElementType::name)
                .distinct()
                .collect(Collectors.joining("_"))
                .toLowerCase(Locale.ROOT);
    }

    /** {@code name} as a C++ identifier. */
    public static String identifier(String name) {
        String plain = name.replaceAll("[^A-Za-z0-9_]", "_");
        boolean digit = !plain.isEmpty() && Character.isDigit(plain.charAt(0));
        return TAKEN.contains(plain) ? plain + "_" : digit ? "_" + plain : plain;
    }
}
