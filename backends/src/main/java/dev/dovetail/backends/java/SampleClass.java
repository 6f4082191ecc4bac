package dev.dovetail.backends.java;

import com.palantir.javapoet.ClassName;
import com.palantir.javapoet.MethodSpec;
import com.palantir.javapoet.TypeSpec;
import java.util.Optional;
import javax.lang.model.element.Modifier;

/** Writes {@code Sample.java}: the main class that continues a text with what the job has trained. */
final class SampleClass {
    static final String NAME = "Sample";

    private SampleClass() {}

    /** @param module the file with the machine code of a device's kernels; empty where kernels are Java */
    static JavaSource of(JobFacts facts, JobHeader header, String packageName, Optional<String> module) {
        TypeSpec type = TypeSpec.classBuilder(NAME)
                .addModifiers(Modifier.PUBLIC, Modifier.FINAL)
                .addJavadoc("Continues a text with the model that {@code $L} has trained.\n", facts.name())
                .addMethod(MethodSpec.constructorBuilder()
                        .addModifiers(Modifier.PRIVATE)
                        .build())
                .addMethod(main(packageName, module))
                .build();
        return StageClass.source(packageName, header, type);
    }

    private static MethodSpec main(String packageName, Optional<String> module) {
        ClassName job = ClassName.get(packageName, JobClass.NAME);
        return JobClass.mainMethod(ClassName.get(packageName, NAME))
                .addStatement("$T job = $T.facts()", RuntimeTypes.TRAINING_JOB, job)
                .addStatement(
                        "$T.exit(new $T(job, new $T()$L).run(arguments, home))",
                        System.class,
                        RuntimeTypes.SAMPLE_MAIN,
                        ClassName.get(packageName, DecodeClass.NAME),
                        JobClass.memorySource(job, module))
                .build();
    }
}
