package dev.dovetail.runtime.jvm;

import java.lang.reflect.InvocationTargetException;

/**
 * Makes the Vector API usable without the line of warning that {@code --add-modules} prints and no flag turns off.
 *
 * <p>The JDK loads modules into a running machine for its own agents ({@code jdk.internal.module.Modules.loadModule});
 * we use the same door, which {@link JvmFlags} opens. It must be called before the first class that mentions a vector.
 */
public final class VectorModule {
    private static final String VECTOR = "jdk.incubator.vector";
    private static final String DOOR = "jdk.internal.module";

    private VectorModule() {}

    /** Whether {@link #resolve} can succeed in this machine, as it was started. */
    public static boolean available() {
        return resolvedAtStart() || Object.class.getModule().isExported(DOOR, VectorModule.class.getModule());
    }

    /**
     * Resolves the module, once or again.
     *
     * @throws IllegalStateException when the machine was started without {@link JvmFlags}
     */
    public static void resolve() {
        if (resolvedAtStart()) {
            return;
        }
        try {
            Class.forName(DOOR + ".Modules")
                    .getMethod("loadModule", String.class)
                    .invoke(null, VECTOR);
        } catch (ReflectiveOperationException closed) {
            Throwable cause = closed instanceof InvocationTargetException wrapped ? wrapped.getCause() : closed;
            throw new IllegalStateException("the Vector API is off: start java with --add-modules " + VECTOR, cause);
        }
    }

    private static boolean resolvedAtStart() {
        return ModuleLayer.boot().findModule(VECTOR).isPresent();
    }
}
