package dev.dovetail.backends.java;

import com.palantir.javapoet.CodeBlock;
import dev.dovetail.backends.cpu.KernelSignature;
import dev.dovetail.backends.cpu.KernelSignature.LaunchSymbol;
import dev.dovetail.backends.cpu.KernelTask;
import dev.dovetail.ir.job.OptimizerSettings;
import dev.dovetail.ir.program.Buffer;
import dev.dovetail.ir.program.Instruction;
import dev.dovetail.ir.program.Program;
import dev.dovetail.ir.scalar.AdamW;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Calls of kernels for this processor: {@code MatMul_….run(workers, memory, offsets…, symbols…)}. */
final class HostKernelCalls implements KernelCalls {
    private final KernelClasses classes;
    private final OptimizerSettings optimizer;

    HostKernelCalls(KernelClasses classes, OptimizerSettings optimizer) {
        this.classes = classes;
        this.optimizer = optimizer;
    }

    @Override
    public CodeBlock opening() {
        return CodeBlock.builder()
                .addStatement("$T memory = context.hostMemory()", MemorySegment.class)
                .addStatement("$T workers = context.workers()", RuntimeTypes.WORKERS)
                .build();
    }

    /** Every kernel a program runs, each once, in the order of first use. */
    static Set<KernelTask> tasks(Program program, OptimizerSettings optimizer) {
        var tasks = new LinkedHashSet<KernelTask>();
        program.classes().stream()
                .flatMap(rank -> rank.bodies().stream())
                .flatMap(body -> body.instructions().stream())
                .forEach(instruction -> {
                    if (instruction instanceof Instruction.Compute compute) {
                        tasks.add(task(compute));
                    } else if (instruction instanceof Instruction.Update update) {
                        tasks.add(task(update, optimizer));
                    }
                });
        return tasks;
    }

    static KernelTask task(Instruction.Compute compute) {
        return new KernelTask.Operator(
                compute.op(), compute.operands().stream().map(Buffer::type).toList());
    }

    private static KernelTask task(Instruction.Update update, OptimizerSettings settings) {
        ElementType element = update.precision().compute();
        if (update.master().isPresent() || update.precision().gradient() != element) {
            throw new IllegalArgumentException(
                    "CPU jobs keep weights, gradients and moments in one type, not " + update.precision());
        }
        var rule = new AdamW(settings.beta1(), settings.beta2(), settings.epsilon(), settings.decay());
        return new KernelTask.Update(rule, TensorType.of(element, Dim.of("elements", update.elements())));
    }

    @Override
    public boolean needsInputs(Instruction.Compute compute) {
        return KernelSignature.of(task(compute)).symbols().stream()
                .anyMatch(symbol -> !compute.symbols().containsKey(symbol.name()));
    }

    @Override
    public void print(BodyMethod body, Instruction.Compute compute) {
        KernelTask task = task(compute);
        var arguments = new ArrayList<String>();
        compute.operands().forEach(buffer -> arguments.add(body.place(buffer)));
        compute.results().forEach(buffer -> arguments.add(body.place(buffer)));
        for (LaunchSymbol symbol : KernelSignature.of(task).symbols()) {
            arguments.add(LaunchValues.of(body, compute, symbol.name()));
        }
        call(body, task, arguments);
    }

    @Override
    public void print(BodyMethod body, Instruction.Update update) {
        String what = update.precision().compute().name().toLowerCase(Locale.ROOT) + "[" + update.elements() + "]";
        KernelTask task = task(update, optimizer);
        var arguments = new ArrayList<String>();
        arguments.add(body.place("gradients", update.gradients(), what));
        arguments.add(body.place("parameters", update.parameters(), what));
        arguments.add(body.place("first_moment", update.firstMoment(), what));
        arguments.add(body.place("second_moment", update.secondMoment(), what));
        KernelSignature.of(task)
                .symbols()
                .forEach(symbol -> arguments.add(LaunchValues.ofUpdate(optimizer, symbol.name())));
        call(body, task, arguments);
    }

    private void call(BodyMethod body, KernelTask task, List<String> arguments) {
        var call = CodeBlock.builder().add("$T.run(workers,$Wmemory", classes.of(task));
        arguments.forEach(argument -> call.add(",$W$L", argument));
        body.code().addStatement(call.add(")").build());
    }
}
