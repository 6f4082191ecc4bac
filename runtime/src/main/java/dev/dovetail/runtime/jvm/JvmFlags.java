package dev.dovetail.runtime.jvm;

import java.util.List;

/** The flags a machine that runs generated kernels is started with; with them it prints no warning. */
public final class JvmFlags {
    private JvmFlags() {}

    /** For {@code java} itself, before the class path. */
    public static List<String> forRanks() {
        return List.of(
                // Foreign functions are used on purpose.
                "--enable-native-access=ALL-UNNAMED",
                // Lets VectorModule load the Vector API ...
                "--add-exports=java.base/jdk.internal.module=ALL-UNNAMED",
                // ... and the compiler turn its calls into vector instructions, as --add-modules would.
                "-XX:+UnlockExperimentalVMOptions",
                "-XX:+EnableVectorSupport");
    }
}
