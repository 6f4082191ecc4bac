package dev.dovetail.backends.java;

import com.palantir.javapoet.ClassName;
import com.palantir.javapoet.CodeBlock;
import com.palantir.javapoet.MethodSpec;
import com.palantir.javapoet.TypeSpec;
import dev.dovetail.backends.cuda.CudaEntry;
import dev.dovetail.backends.cuda.CudaKernel;
import dev.dovetail.backends.cuda.KernelWork;
import dev.dovetail.backends.cuda.LaunchShape.GridAxis;
import dev.dovetail.backends.cuda.LaunchSymbol;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.Extent;
import dev.dovetail.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.lang.model.element.Modifier;

/** Writes the class that launches one kernel: which entries, on how many blocks, with which parameters. */
final class DeviceKernelClass {
    private final CudaKernel kernel;
    private final FreshNames names = new FreshNames();
    private final List<String> operands;
    private final List<String> results;

    private DeviceKernelClass(CudaKernel kernel) {
        this.kernel = kernel;
        names.take("device");
        operands = kernel.signature().operands().stream()
                .map(name -> names.take(JavaNames.camel(name)))
                .toList();
        results = kernel.signature().results().stream()
                .map(name -> names.take(JavaNames.camel(name)))
                .toList();
    }

    static JavaSource of(CudaKernel kernel, JobHeader header, String packageName) {
        return StageClass.source(packageName, header, new DeviceKernelClass(kernel).type(name(kernel, packageName)));
    }

    /** The class that launches a kernel: {@code Matmul_64x128_128x512_f32}. */
    static ClassName name(CudaKernel kernel, String packageName) {
        String name = kernel.name();
        return ClassName.get(packageName, Character.toUpperCase(name.charAt(0)) + name.substring(1));
    }

    /** Results that have memory of their own, by index. */
    static List<Integer> fresh(KernelWork work) {
        return IntStream.range(0, work.results().size())
                .filter(i -> work.overwrites().get(i) == KernelWork.FRESH)
                .boxed()
                .toList();
    }

    private TypeSpec type(ClassName name) {
        return TypeSpec.classBuilder(name)
                .addModifiers(Modifier.PUBLIC, Modifier.FINAL)
                .addJavadoc(
                        "Launches {@code $L}, the kernel in {@code cuda/$L}.\n\n<p>Reads $L; writes $L. Tensors are"
                                + " offsets into the rank's memory, in bytes.\n",
                        kernel.name(),
                        kernel.fileName(),
                        tensors(operands, kernel.work().operands()),
                        tensors(results, kernel.work().results()))
                .addMethod(MethodSpec.constructorBuilder()
                        .addModifiers(Modifier.PRIVATE)
                        .build())
                .addMethod(run())
                .build();
    }

    private static String tensors(List<String> names, List<TensorType> types) {
        return IntStream.range(0, names.size())
                .mapToObj(i -> names.get(i) + " " + types.get(i))
                .collect(Collectors.joining(", "));
    }

    private MethodSpec run() {
        var run = MethodSpec.methodBuilder("run")
                .addModifiers(Modifier.PUBLIC, Modifier.STATIC)
                .addParameter(RuntimeTypes.DEVICE_MEMORY, "device");
        operands.forEach(name -> run.addParameter(long.class, name));
        fresh(kernel.work()).forEach(result -> run.addParameter(long.class, results.get(result)));
        var symbols = new ArrayList<String>();
        for (LaunchSymbol symbol : kernel.signature().symbols()) {
            String name = symbolName(symbol);
            boolean count = symbol.kind() == LaunchSymbol.Kind.COUNT;
            run.addParameter(count ? long.class : double.class, name);
            symbols.add(count ? name : "Double.doubleToRawLongBits(" + name + ")");
        }
        kernel.entries().forEach(entry -> run.addStatement(launch(entry, symbols)));
        return run.build();
    }

    private static String symbolName(LaunchSymbol symbol) {
        return JavaNames.camel(symbol.name().replaceAll("[^A-Za-z0-9_]", "_over_"));
    }

    private CodeBlock launch(CudaEntry entry, List<String> symbols) {
        var shape = entry.shape();
        var call = CodeBlock.builder()
                .add(
                        "device.launch($S,$W$L,$W$L,$W$L,$W$L",
                        entry.name(),
                        blocks(shape.x()),
                        blocks(shape.y()),
                        blocks(shape.z()),
                        shape.threads());
        operands.forEach(name -> call.add(",$W$L", name));
        for (int i = 0; i < results.size(); i++) {
            int over = kernel.work().overwrites().get(i);
            call.add(",$W$L", over == KernelWork.FRESH ? results.get(i) : operands.get(over));
        }
        symbols.forEach(symbol -> call.add(",$W$L", symbol));
        return call.add(")").build();
    }

    /** Blocks along one axis: a number, or what follows from extents known at launch. */
    private static String blocks(GridAxis axis) {
        List<String> bounded = axis.dims().stream()
                .map(Dim::extent)
                .filter(Extent.Bounded.class::isInstance)
                .map(extent -> JavaNames.camel(((Extent.Bounded) extent).symbol()))
                .toList();
        if (bounded.isEmpty()) {
            return String.valueOf(axis.bound());
        }
        long fixed = axis.dims().stream()
                .map(Dim::extent)
                .filter(Extent.Fixed.class::isInstance)
                .mapToLong(extent -> ((Extent.Fixed) extent).length())
                .reduce(1, Math::multiplyExact);
        String elements = String.join(" * ", bounded) + (fixed == 1 ? "" : " * " + fixed);
        return "(int) "
                + (axis.tile() == 1 ? "(" + elements + ")" : "Math.ceilDiv(" + elements + ", " + axis.tile() + ")");
    }
}
