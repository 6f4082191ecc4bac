package dev.dovetail.backends.java;

import com.palantir.javapoet.CodeBlock;
import com.palantir.javapoet.MethodSpec;
import dev.dovetail.ir.graph.Input;
import dev.dovetail.ir.program.Body;
import dev.dovetail.ir.program.Buffer;
import dev.dovetail.ir.program.IndexExpr;
import dev.dovetail.ir.program.Instruction;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.lang.model.element.Modifier;

/** Writes a body as a method: tensors are named offsets, each instruction is one call. */
final class BodyMethod {
    /** The parameter that says which micro-batch a body works on. */
    static final String MICROBATCH = "microbatch";

    private record Place(String name, IndexExpr offset, String what) {}

    private final Body body;
    private final StageNames stage;
    private final FreshNames names = new FreshNames();
    private final Map<String, String> variables = new HashMap<>();
    private final Map<Place, String> locals = new HashMap<>();
    private final Set<String> used = new HashSet<>();
    private final CodeBlock.Builder code = CodeBlock.builder();
    private final IndexText text;

    private BodyMethod(Body body, StageNames stage) {
        this.body = body;
        this.stage = stage;
        List.of("context", "inputs", "memory", "workers", "device").forEach(names::take);
        body.parameters().forEach(parameter -> variables.put(parameter, names.take(JavaNames.camel(parameter))));
        this.text = new IndexText(new IndexText.Names() {
            @Override
            public String variable(String name) {
                return BodyMethod.this.variable(name);
            }

            @Override
            public String table(List<Long> table) {
                return stage.table(table);
            }

            @Override
            public String coordinate(String axis) {
                return stage.coordinate(axis);
            }
        });
    }

    /**
     * A body as a method.
     *
     * @param takesInputs whether it is given what the step is given
     * @param parameters those of the body's that it uses
     */
    record Printed(MethodSpec method, boolean takesInputs, List<String> parameters) {}

    /** A method of the stage's own class. */
    static Printed of(Body body, StageNames stage, KernelCalls kernels) {
        return new BodyMethod(body, stage).printed(JavaNames.camel(body.name()), Modifier.PRIVATE, kernels);
    }

    /** A method of a layer's class, called after what it does: {@code forward}. */
    static Printed ofLayer(Body body, String verb, StageNames layer, KernelCalls kernels) {
        return new BodyMethod(body, layer).printed(verb, Modifier.PUBLIC, kernels);
    }

    /** Whether the body reads what a step is given: tokens, learning rate, loss scale. */
    private static boolean needsInputs(Body body, KernelCalls kernels) {
        return body.instructions().stream().anyMatch(instruction -> needsInputs(instruction, kernels));
    }

    private static boolean needsInputs(Instruction instruction, KernelCalls kernels) {
        return switch (instruction) {
            case Instruction.Load l ->
                l.source() != Input.Source.POSITIONS || InstructionPrinter.isDecoding(l.buffer());
            case Instruction.RecordLoss r -> true;
            case Instruction.Update u -> true;
            case Instruction.Compute c -> kernels.needsInputs(c);
            case Instruction.Exchange e -> false;
            case Instruction.Begin b -> false;
            case Instruction.Await a -> false;
            case Instruction.FlatExchange e -> false;
            case Instruction.TiedReduce t -> false;
            case Instruction.Send s -> false;
            case Instruction.Receive r -> false;
            case Instruction.Allocate a -> false;
            case Instruction.Free f -> false;
            case Instruction.Zero z -> false;
            case Instruction.Move m -> false;
            case Instruction.Deliver d -> true;
        };
    }

    private Printed printed(String name, Modifier visibility, KernelCalls kernels) {
        var printer = new InstructionPrinter(this, kernels);
        body.instructions().forEach(printer::print);
        var method = MethodSpec.methodBuilder(name)
                .addModifiers(visibility)
                .addParameter(RuntimeTypes.RANK_CONTEXT, "context");
        boolean takesInputs = needsInputs(body, kernels);
        if (takesInputs) {
            method.addParameter(stage.inputs(), "inputs");
        }
        var parameters = body.parameters().stream().filter(used::contains).toList();
        parameters.forEach(parameter -> method.addParameter(long.class, variables.get(parameter)));
        if (InstructionPrinter.computes(body)) {
            method.addCode(kernels.opening());
        }
        return new Printed(method.addCode(code.build()).build(), takesInputs, parameters);
    }

    private String variable(String name) {
        used.add(name);
        return variables.get(name);
    }

    CodeBlock.Builder code() {
        return code;
    }

    StageNames stage() {
        return stage;
    }

    boolean hasMicrobatch() {
        return body.parameters().contains(MICROBATCH);
    }

    String microbatch() {
        return variable(MICROBATCH);
    }

    String print(IndexExpr expr) {
        return text.print(expr);
    }

    /** A fresh name for something that is no offset. */
    String local(String name) {
        return names.take(name);
    }

    /** The variable that holds where a buffer lies; declared on first use. */
    String place(Buffer buffer) {
        return place(buffer.name(), buffer.offset(), buffer.type().toString());
    }

    /** The variable that holds an offset; declared on first use, with a comment that says what is there. */
    String place(String name, IndexExpr offset, String what) {
        if (offset instanceof IndexExpr.Variable variable && variable.name().equals(name)) {
            return variable(name);
        }
        var place = new Place(name, offset, what);
        var known = locals.get(place);
        if (known != null) {
            return known;
        }
        String local = names.take(JavaNames.camel(name));
        locals.put(place, local);
        code.add("long $L = $L; // $L\n", local, print(offset), what);
        return local;
    }
}
