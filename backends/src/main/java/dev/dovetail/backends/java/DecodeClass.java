package dev.dovetail.backends.java;

import com.palantir.javapoet.ClassName;
import com.palantir.javapoet.CodeBlock;
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

/** Writes {@code Decode.java}: the trained model as one rank that continues a text, with its cache, or takes noise off pictures. */
final class DecodeClass {
    static final String NAME = "Decode";

    private final SampleForm form;
    private final Program program;
    private final RankClass rank;
    private final StageNames names;
    private final Map<String, BodyMethod.Printed> bodies = new LinkedHashMap<>();
    private final PassMethods passes;

    private DecodeClass(SampleForm form, KernelCalls kernels) {
        this.form = form;
        this.program = form.program();
        this.names = new StageNames(inputs());
        this.rank = program.classes().getFirst();
        for (Body body : rank.bodies()) {
            bodies.put(body.name(), BodyMethod.of(body, names, kernels));
        }
        this.passes = new PassMethods(rank, names, bodies, List.of());
        passes.startEvaluation();
    }

    static JavaSource of(SampleForm form, KernelCalls kernels, JobHeader header, String packageName) {
        var type = new DecodeClass(form, kernels).type();
        return StageClass.source(packageName, header, type);
    }

    private ClassName inputs() {
        return switch (form) {
            case SampleForm.Decoding text -> RuntimeTypes.DECODE_INPUTS;
            case SampleForm.Denoising pictures -> RuntimeTypes.DENOISE_INPUTS;
            case SampleForm.Reading pictures -> RuntimeTypes.READ_INPUTS;
            case SampleForm.Filling texts -> RuntimeTypes.READ_INPUTS;
        };
    }

    private ClassName base() {
        return switch (form) {
            case SampleForm.Decoding text -> RuntimeTypes.DECODE_PROGRAM;
            case SampleForm.Denoising pictures -> RuntimeTypes.DENOISE_PROGRAM;
            case SampleForm.Reading pictures -> RuntimeTypes.READ_PROGRAM;
            case SampleForm.Filling texts -> RuntimeTypes.READ_PROGRAM;
        };
    }

    private CodeBlock summary() {
        return switch (form) {
            case SampleForm.Decoding text ->
                CodeBlock.of(
                        "Continues a text with the model that {@code $L} trains: up to $L tokens a call, $L in its cache.\n",
                        program.name(),
                        program.sequence(),
                        text.context());
            case SampleForm.Denoising pictures ->
                CodeBlock.of(
                        "Takes noise off pictures with the model that {@code $L} trains: $L a call.\n",
                        program.name(),
                        program.microbatch());
            case SampleForm.Reading pictures ->
                CodeBlock.of(
                        "Says what is in pictures with the model that {@code $L} trains: $L a call.\n",
                        program.name(),
                        program.microbatch());
            case SampleForm.Filling texts ->
                CodeBlock.of(
                        "Fills in texts with the model that {@code $L} trains: $L a call.\n",
                        program.name(),
                        program.microbatch());
        };
    }

    private TypeSpec type() {
        MethodSpec step = step();
        var type = TypeSpec.classBuilder(NAME)
                .addModifiers(Modifier.PUBLIC, Modifier.FINAL)
                .addSuperinterface(base())
                .addJavadoc(summary());
        names.fields().forEach(type::addField);
        type.addMethod(open()).addMethod(step);
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
                .addParameter(inputs(), "inputs")
                .addCode(ScheduleText.of(rank.step(), rank, names, passes, List.of(), 0))
                .build();
    }

    private MethodSpec open() {
        var open = MethodSpec.methodBuilder("open")
                .addAnnotation(Override.class)
                .addModifiers(Modifier.PUBLIC)
                .addParameter(RuntimeTypes.RANK_CONTEXT, "context")
                .addCode(StageClass.allocations(rank));
        switch (form) {
            case SampleForm.Decoding text ->
                open.returns(RuntimeTypes.DECODER)
                        .addStatement(
                                "return new $T(context, $L, $L, $L, this::step)",
                                RuntimeTypes.CACHED_DECODER,
                                vocabulary(),
                                text.context(),
                                program.sequence());
            case SampleForm.Denoising pictures ->
                open.returns(RuntimeTypes.DENOISER)
                        .addStatement(
                                "return new $T(context, $L, this::step)",
                                RuntimeTypes.GENERATED_DENOISER,
                                program.microbatch());
            case SampleForm.Reading pictures -> reading(open);
            case SampleForm.Filling texts -> reading(open);
        }
        return open.build();
    }

    private void reading(MethodSpec.Builder open) {
        open.returns(RuntimeTypes.READ_PASS)
                .addStatement(
                        "return new $T(context, $L, $L, $L, this::step)",
                        RuntimeTypes.READ_PASS,
                        program.microbatch(),
                        program.sequence(),
                        vocabulary());
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
