package dev.dovetail.backends.java;

import com.palantir.javapoet.ClassName;
import com.palantir.javapoet.CodeBlock;
import dev.dovetail.backends.cuda.CudaKernel;
import dev.dovetail.backends.cuda.KernelWork;
import dev.dovetail.backends.cuda.LaunchSymbol;
import dev.dovetail.backends.cuda.ProgramKernels;
import dev.dovetail.ir.job.OptimizerSettings;
import dev.dovetail.ir.program.IndexExpr;
import dev.dovetail.ir.program.Instruction;
import dev.dovetail.ir.scalar.AdamW;
import dev.dovetail.ir.tensor.ElementType;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/** Launches of kernels on a device: {@code Matmul_….run(device, offsets…, symbols…)}. */
final class DeviceKernelCalls implements KernelCalls {
    private final ProgramKernels kernels;
    private final Function<CudaKernel, ClassName> classes;
    private final OptimizerSettings optimizer;
    private final AdamW rule;

    /** @param classes which generated class launches a kernel */
    DeviceKernelCalls(ProgramKernels kernels, Function<CudaKernel, ClassName> classes, OptimizerSettings optimizer) {
        this.kernels = kernels;
        this.classes = classes;
        this.optimizer = optimizer;
        this.rule = new AdamW(optimizer.beta1(), optimizer.beta2(), optimizer.epsilon(), optimizer.decay());
    }

    @Override
    public CodeBlock opening() {
        return CodeBlock.builder()
                .addStatement("$T device = context.device()", RuntimeTypes.DEVICE_MEMORY)
                .build();
    }

    private CudaKernel kernel(Instruction instruction) {
        KernelWork work = ProgramKernels.work(instruction, rule).orElseThrow();
        CudaKernel kernel = kernels.byWork().get(work);
        if (kernel == null) {
            throw new IllegalArgumentException("no kernel was generated for " + work);
        }
        return kernel;
    }

    @Override
    public boolean needsInputs(Instruction.Compute compute) {
        return kernel(compute).signature().symbols().stream()
                .anyMatch(symbol -> !compute.symbols().containsKey(symbol.name()));
    }

    @Override
    public void print(BodyMethod body, Instruction.Compute compute) {
        CudaKernel kernel = kernel(compute);
        var arguments = new ArrayList<String>();
        compute.operands().forEach(buffer -> arguments.add(body.place(buffer)));
        DeviceKernelClass.fresh(kernel.work())
                .forEach(result -> arguments.add(body.place(compute.results().get(result))));
        for (LaunchSymbol symbol : kernel.signature().symbols()) {
            arguments.add(LaunchValues.of(body, compute, symbol.name()));
        }
        call(body, kernel, arguments);
    }

    @Override
    public void print(BodyMethod body, Instruction.Update update) {
        CudaKernel kernel = kernel(update);
        var precision = update.precision();
        var arguments = new ArrayList<String>();
        String parameters = place(body, "parameters", update.parameters(), precision.compute(), update);
        arguments.add(update.master()
                .map(master -> place(body, "master", master, precision.master(), update))
                .orElse(parameters));
        arguments.add(place(body, "gradients", update.gradients(), precision.gradient(), update));
        arguments.add(place(body, "first_moment", update.firstMoment(), precision.state(), update));
        arguments.add(place(body, "second_moment", update.secondMoment(), precision.state(), update));
        update.master().ifPresent(master -> arguments.add(parameters));
        kernel.signature().symbols().forEach(symbol -> arguments.add(LaunchValues.ofUpdate(optimizer, symbol.name())));
        call(body, kernel, arguments);
    }

    private static String place(
            BodyMethod body, String name, IndexExpr offset, ElementType element, Instruction.Update update) {
        return body.place(name, offset, element.name().toLowerCase(Locale.ROOT) + "[" + update.elements() + "]");
    }

    private void call(BodyMethod body, CudaKernel kernel, List<String> arguments) {
        var call = CodeBlock.builder().add("$T.run(device", classes.apply(kernel));
        arguments.forEach(argument -> call.add(",$W$L", argument));
        body.code().addStatement(call.add(")").build());
    }
}
