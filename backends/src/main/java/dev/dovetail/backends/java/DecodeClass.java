package dev.dovetail.backends.java;

import com.palantir.javapoet.MethodSpec;
import com.palantir.javapoet.TypeSpec;
import dev.dovetail.ir.program.Body;
import dev.dovetail.ir.program.Instruction;
import dev.dovetail.ir.program.Program;
import dev.dovetail.ir.program.RankClass;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.lang.model.element.Modifier;

/** Writes {@code Decode.java}: the trained model as one rank that continues a text, with its cache. */
final class DecodeClass {
    static final String NAME = "Decode";

    private final Program program;
    private final RankClass rank;
    private final StageNames names = new StageNames(RuntimeTypes.DECODE_INPUTS);
    private final Map<String, BodyMethod.Printed> bodies = new LinkedHashMap<>();
    private final PassMethods passes;

    private DecodeClass(Program program, KernelCalls kernels) {
        this.program = program;
        this.rank = program.classes().getFirst();
        for (Body body : rank.bodies()) {
            bodies.put(body.name(), BodyMethod.of(body, names, kernels));
        }
        this.passes = new PassMethods(rank, names, bodies, List.of());
        passes.startEvaluation();
    }

    static JavaSource of(Decoding decoding, KernelCalls kernels, JobHeader header, String packageName) {
        var type = new DecodeClass(decoding.program(), kernels).type(decoding);
        return StageClass.source(packageName, header, type);
    }

    private TypeSpec type(Decoding decoding) {
        MethodSpec step = step();
        var type = TypeSpec.classBuilder(NAME)
                .addModifiers(Modifier.PUBLIC, Modifier.FINAL)
                .addSuperinterface(RuntimeTypes.DECODE_PROGRAM)
                .addJavadoc(
                        "Continues a text with the model that {@code $L} trains: up to $L tokens a call, $L in its cache.\n",
                        program.name(),
                        program.sequence(),
                        decoding.context());
        names.fields().forEach(type::addField);
        type.addMethod(open(decoding)).addMethod(step);
        passes.specs().forEach(type::addMethod);
        bodies.values().forEach(body -> type.addMethod(body.method()));
        type.addMethod(StageClass.arenaBytes(rank));
        new StateText(rank, names).methods().forEach(type::addMethod);
        return type.build();
    }

    private MethodSpec step() {
        return MethodSpec.methodBuilder("step")
                .addModifiers(Modifier.PRIVATE)
                .addParameter(RuntimeTypes.RANK_CONTEXT, "context")
                .addParameter(RuntimeTypes.DECODE_INPUTS, "inputs")
                .addCode(ScheduleText.of(rank.step(), rank, names, passes, List.of(), 0))
                .build();
    }

    private MethodSpec open(Decoding decoding) {
        return MethodSpec.methodBuilder("open")
                .addAnnotation(Override.class)
                .addModifiers(Modifier.PUBLIC)
                .addParameter(RuntimeTypes.RANK_CONTEXT, "context")
                .returns(RuntimeTypes.DECODER)
                .addCode(StageClass.allocations(rank))
                .addStatement(
                        "return new $T(context, $L, $L, $L, this::step)",
                        RuntimeTypes.CACHED_DECODER,
                        vocabulary(),
                        decoding.context(),
                        program.sequence())
                .build();
    }

    private long vocabulary() {
        return rank.bodies().stream()
                .flatMap(body -> body.instructions().stream())
                .filter(Instruction.Deliver.class::isInstance)
                .map(i -> ((Instruction.Deliver) i)
                        .logits()
                        .type()
                        .dims()
                        .getLast()
                        .bound())
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(program.name() + " never delivers its logits"));
    }
}
