package dev.dovetail.grammar.resolve.huggingface;

import java.util.Optional;

/** Activation functions by the names that configs and specs give them. */
final class Activation {
    private Activation() {}

    /** Of a gated mlp, by the function of its gate. */
    static String gated(String name) {
        return switch (name) {
            case "silu", "swish" -> "swiglu";
            case "relu2" -> "reglu2";
            case "gelu" -> "geglu_erf";
            case "gelu_new", "gelu_pytorch_tanh", "gelu_fast" -> "geglu";
            default -> throw new UnsupportedConfig("the activation `" + name + "` is");
        };
    }

    /** Of an mlp without a gate; "gelu" is the exact form there, the other names are approximations with tanh. */
    static String plain(String name) {
        return switch (name) {
            case "gelu" -> "gelu_erf";
            case "gelu_new", "gelu_pytorch_tanh", "gelu_fast" -> "gelu";
            case "quick_gelu" -> "quick_gelu";
            case "relu" -> "relu";
            case "relu2" -> "relu2";
            case "xielu" -> "xielu";
            case "silu", "swish" -> "silu";
            default -> throw new UnsupportedConfig("the activation `" + name + "` is");
        };
    }

    /** What configs call the function of an mlp or of its gate; empty where the library has no name for it. */
    static Optional<String> function(String word) {
        return Optional.ofNullable(
                switch (word) {
                    case "gelu", "geglu" -> "gelu_pytorch_tanh";
                    case "gelu_erf", "geglu_erf" -> "gelu";
                    case "swiglu" -> "silu";
                    case "relu", "relu2", "silu", "quick_gelu" -> word;
                    default -> null;
                });
    }
}
