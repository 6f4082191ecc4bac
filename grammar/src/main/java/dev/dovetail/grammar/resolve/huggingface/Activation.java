package dev.dovetail.grammar.resolve.huggingface;

/** Activation functions by the names that configs and specs give them. */
final class Activation {
    private Activation() {}

    /** Of a gated mlp, by the function of its gate. */
    static String gated(String name) {
        return switch (name) {
            case "silu", "swish" -> "swiglu";
            case "gelu", "gelu_new", "gelu_pytorch_tanh", "gelu_fast" -> "geglu";
            default -> throw new UnsupportedConfig("the activation `" + name + "` is");
        };
    }

    /** The erf form of gelu becomes the tanh form, which differs by less than 5e-4 everywhere. */
    static String plain(String name) {
        return switch (name) {
            case "gelu", "gelu_new", "gelu_pytorch_tanh", "gelu_fast" -> "gelu";
            case "relu" -> "relu";
            case "silu", "swish" -> "silu";
            default -> throw new UnsupportedConfig("the activation `" + name + "` is");
        };
    }
}
