package dev.dovetail.backends.java;

import com.palantir.javapoet.ClassName;
import com.palantir.javapoet.MethodSpec;
import com.palantir.javapoet.TypeSpec;
import java.util.Optional;
import javax.lang.model.element.Modifier;

/** Writes {@code Sample.java}: the main class that uses what the job has trained. */
final class SampleClass {
    static final String NAME = "Sample";

    private SampleClass() {}

    /** @param module the file with the machine code of a device's kernels; empty where kernels are Java */
    static JavaSource of(
            JobFacts facts, SampleForm form, JobHeader header, String packageName, Optional<String> module) {
        TypeSpec type = TypeSpec.classBuilder(NAME)
                .addModifiers(Modifier.PUBLIC, Modifier.FINAL)
                .addJavadoc("$L with the model that {@code $L} has trained.\n", deed(form), facts.name())
                .addMethod(MethodSpec.constructorBuilder()
                        .addModifiers(Modifier.PRIVATE)
                        .build())
                .addMethod(main(form, packageName, module))
                .build();
        return StageClass.source(packageName, header, type);
    }

    private static String deed(SampleForm form) {
        return switch (form) {
            case SampleForm.Decoding text -> "Continues a text";
            case SampleForm.Denoising pictures -> "Makes pictures";
            case SampleForm.Reading pictures -> "Says what is in pictures";
            case SampleForm.Filling texts -> "Fills in texts";
        };
    }

    private static ClassName mainType(SampleForm form) {
        return switch (form) {
            case SampleForm.Decoding text -> RuntimeTypes.SAMPLE_MAIN;
            case SampleForm.Denoising pictures -> RuntimeTypes.PICTURE_MAIN;
            case SampleForm.Reading pictures -> RuntimeTypes.READER_MAIN;
            case SampleForm.Filling texts -> RuntimeTypes.FILLER_MAIN;
        };
    }

    private static MethodSpec main(SampleForm form, String packageName, Optional<String> module) {
        ClassName job = ClassName.get(packageName, JobClass.NAME);
        return JobClass.mainMethod(ClassName.get(packageName, NAME))
                .addStatement("$T job = $T.facts()", RuntimeTypes.TRAINING_JOB, job)
                .addStatement(
                        "$T.exit(new $T(job, new $T()$L).run(arguments, home))",
                        System.class,
                        mainType(form),
                        ClassName.get(packageName, DecodeClass.NAME),
                        JobClass.memorySource(job, module))
                .build();
    }
}
