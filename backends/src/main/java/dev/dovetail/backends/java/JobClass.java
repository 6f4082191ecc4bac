package dev.dovetail.backends.java;

import com.palantir.javapoet.ClassName;
import com.palantir.javapoet.CodeBlock;
import com.palantir.javapoet.MethodSpec;
import com.palantir.javapoet.TypeSpec;
import dev.dovetail.ir.block.Latent;
import dev.dovetail.ir.block.Signal;
import dev.dovetail.ir.job.DataSource;
import dev.dovetail.ir.job.Hiding;
import dev.dovetail.ir.job.Start;
import dev.dovetail.ir.program.MeshShape;
import dev.dovetail.ir.program.Program;
import dev.dovetail.ir.program.RankClass;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import javax.lang.model.element.Modifier;

/** Writes {@code Job.java}: the facts of the job, which class each rank runs, and the main method. */
final class JobClass {
    static final String NAME = "Job";

    private final Program program;
    private final JobFacts facts;

    private final Optional<String> module;

    private JobClass(Program program, JobFacts facts, Optional<String> module) {
        this.program = program;
        this.facts = facts;
        this.module = module;
    }

    /** @param module the file with the machine code of a device's kernels; empty where kernels are Java */
    static JavaSource of(
            Program program, JobFacts facts, JobHeader header, String packageName, Optional<String> module) {
        var type = new JobClass(program, facts, module).type(packageName);
        return StageClass.source(packageName, header, type);
    }

    private TypeSpec type(String packageName) {
        return TypeSpec.classBuilder(NAME)
                .addModifiers(Modifier.PUBLIC, Modifier.FINAL)
                .addJavadoc("Trains {@code $L}: what the job is, and what each of its ranks runs.\n", facts.name())
                .addMethod(MethodSpec.constructorBuilder()
                        .addModifiers(Modifier.PRIVATE)
                        .build())
                .addMethod(facts())
                .addMethod(program(packageName))
                .addMethod(main(packageName))
                .build();
    }

    /** Said of a mesh where ranks share experts. */
    private static String sharedExperts(MeshShape mesh) {
        int expert = mesh.expertRanks();
        int tokens = mesh.size(MeshShape.EXPERT_TOKENS);
        int weights = mesh.size(MeshShape.EXPERT_WEIGHTS);
        return expert * tokens * weights == 1 ? "" : ".sharingExperts(" + expert + ", " + tokens + ", " + weights + ")";
    }

    private static String shardGroups(MeshShape mesh) {
        return mesh.parts().containsKey(MeshShape.SHARD) ? ".shardingIn(" + mesh.size(MeshShape.SHARD) + ")" : "";
    }

    private MethodSpec facts() {
        MeshShape mesh = program.mesh();
        return MethodSpec.methodBuilder("facts")
                .addModifiers(Modifier.PUBLIC, Modifier.STATIC)
                .returns(RuntimeTypes.TRAINING_JOB)
                .addStatement("$T name = $S", String.class, facts.name())
                .addStatement("$T fingerprint = $S", String.class, facts.fingerprint())
                .addStatement(
                        "$T mesh = $T.of($L, $L, $L, $L)$L$L$L",
                        RuntimeTypes.MESH,
                        RuntimeTypes.MESH,
                        mesh.size(MeshShape.PIPELINE),
                        mesh.replicas(),
                        mesh.context(),
                        mesh.size(MeshShape.TENSOR),
                        mesh.mirrored() ? ".mirroring()" : "",
                        shardGroups(mesh),
                        sharedExperts(mesh))
                .addStatement("long steps = $L", facts.steps())
                .addStatement("int batch = $L", facts.batch())
                .addStatement("int microbatch = $L", program.microbatch())
                .addStatement("int sequence = $L", program.sequence())
                .addStatement("long seed = $L", IndexText.constant(facts.seed()))
                .addStatement(
                        "$T learningRate = new $T.WarmupThenConstant($L, $L)",
                        RuntimeTypes.LEARNING_RATE,
                        RuntimeTypes.LEARNING_RATE,
                        facts.optimizer().learningRate(),
                        facts.optimizer().warmup())
                .addStatement("$T data = $L", RuntimeTypes.DATA_SOURCE, data(facts.data()))
                .addStatement("long checkpointEvery = $L", facts.checkpointEvery())
                .addStatement("int checkpointsKept = $L", facts.checkpointsKept())
                .addStatement("int evaluationBatches = $L", facts.evaluationBatches())
                .addStatement("int workers = $L", facts.workers())
                .addCode(prediction())
                .addCode("return new $T(", RuntimeTypes.TRAINING_JOB)
                .addCode("name,$Wfingerprint,$Wmesh,$Wsteps,$Wbatch,$Wmicrobatch,$Wsequence,$Wseed,$WlearningRate,$W")
                .addCode("data,$WcheckpointEvery,$WcheckpointsKept,$WevaluationBatches,$Wworkers,$Wprediction)")
                .addCode(facts.starts().stream().map(JobClass::starting).collect(CodeBlock.joining("")))
                .addCode(facts.ahead() ? ".preparingAhead()" : "")
                .addCode(";\n")
                .build();
    }

    private static CodeBlock starting(Start start) {
        String method = start.upcycled() ? "upcycling" : "startingFrom";
        return CodeBlock.of(".$L($T.of($S))", method, Path.class, start.folder());
    }

    private CodeBlock data(DataSource data) {
        return switch (data) {
            case DataSource.JdkSource jdk -> CodeBlock.of("$T.ofRunningJdk()", RuntimeTypes.JDK_SOURCE);
            case DataSource.JdkLicences jdk -> CodeBlock.of("$T.ofRunningJdk()", RuntimeTypes.JDK_LICENCES);
            case DataSource.TextFile file ->
                CodeBlock.of("new $T($T.of($S))", RuntimeTypes.TEXT_FILE, Path.class, file.path());
            case DataSource.Hidden hidden ->
                CodeBlock.of("new $T($L,$W$L)", RuntimeTypes.HIDDEN_TEXT_SOURCE, data(hidden.text()), hiding(hidden));
            case DataSource.Images images ->
                pictures((elements, classes) -> CodeBlock.of(
                        "$T.of($T.of($S), $L, $L)",
                        RuntimeTypes.PICTURE_FILE,
                        Path.class,
                        images.path(),
                        elements,
                        classes));
            case DataSource.Digits digits ->
                pictures((elements, classes) ->
                        CodeBlock.of("$T.digits($L, $L)", RuntimeTypes.PICTURE_FILE, elements, classes));
            case DataSource.Conversations c ->
                throw new IllegalArgumentException(facts.name() + " trains on conversations");
            case DataSource.None none ->
                throw new IllegalArgumentException("job " + facts.name() + " names no data to train on");
        };
    }

    private CodeBlock hiding(DataSource.Hidden hidden) {
        return switch (hidden.hiding()) {
            case Hiding.Single single ->
                CodeBlock.of(
                        "new $T($L, $L, $L)",
                        RuntimeTypes.MASKING,
                        program.sequence(),
                        single.tokens(),
                        hidden.stand());
            case Hiding.Spans spans ->
                CodeBlock.of(
                        "new $T($L, $L, $L, $L)",
                        RuntimeTypes.SPAN_CORRUPTION,
                        spans.window(),
                        spans.tokens(),
                        spans.spans(),
                        hidden.stand());
        };
    }

    /** A file of pictures, by their elements and classes. */
    private interface PictureFile {
        CodeBlock of(int elements, int classes);
    }

    private CodeBlock pictures(PictureFile file) {
        return facts.shown().map(shown -> shown(shown, file)).orElseGet(() -> noised(file));
    }

    /** A file of pictures as a model takes them that says something of each. */
    private static CodeBlock shown(JobFacts.Shown shown, PictureFile file) {
        Signal.Picture picture = shown.picture();
        return CodeBlock.of(
                "new $T($L,$Wnew $T($L, $L, $L, $L, 0),$Wnew $T($L, $L))",
                RuntimeTypes.SHOWN_PICTURE_SOURCE,
                file.of(picture.side() * picture.side() * picture.channels(), shown.classes()),
                RuntimeTypes.PICTURE_SHAPE,
                picture.side(),
                picture.channels(),
                picture.patch(),
                shown.classes(),
                RuntimeTypes.TELLING,
                picture.leading() + picture.registers(),
                shown.rows());
    }

    /** A file of pictures as a diffusion model takes them. */
    private CodeBlock noised(PictureFile file) {
        Latent latent = facts.pictures()
                .orElseThrow(() -> new IllegalArgumentException("job " + facts.name() + " takes no pictures"));
        CodeBlock shape = CodeBlock.of(
                "new $T($L, $L, $L, $L, $L)",
                RuntimeTypes.PICTURE_SHAPE,
                latent.side(),
                latent.channels(),
                latent.patch(),
                latent.classes(),
                latent.told().frequencies());
        return CodeBlock.of(
                "new $T($L,$W$L,$W$T.$L)",
                RuntimeTypes.PICTURE_SOURCE,
                file.of(latent.elements(), latent.classes()),
                shape,
                RuntimeTypes.NOISING,
                latent.predicts());
    }

    private CodeBlock prediction() {
        var code = CodeBlock.builder();
        var optional =
                com.palantir.javapoet.ParameterizedTypeName.get(ClassName.get(Optional.class), RuntimeTypes.PREDICTION);
        if (facts.prediction().isEmpty()) {
            return code.addStatement("$T prediction = $T.empty()", optional, Optional.class)
                    .build();
        }
        JobFacts.PredictedStep step = facts.prediction().get();
        var map = com.palantir.javapoet.ParameterizedTypeName.get(Map.class, String.class, Double.class);
        code.addStatement("$T parts = new $T<>()", map, java.util.LinkedHashMap.class);
        step.breakdownSeconds().forEach((part, seconds) -> code.addStatement("parts.put($S, $L)", part, seconds));
        return code.addStatement(
                        "$T prediction = $T.of(new $T($L, $L, parts))",
                        optional,
                        Optional.class,
                        RuntimeTypes.PREDICTION,
                        step.seconds(),
                        IndexText.constant(step.memoryBytes()))
                .build();
    }

    private MethodSpec program(String packageName) {
        var method = MethodSpec.methodBuilder("program")
                .addModifiers(Modifier.PUBLIC, Modifier.STATIC)
                .addParameter(RuntimeTypes.POSITION, "position")
                .returns(RuntimeTypes.RANK_PROGRAM)
                .addCode("return switch (position.coordinate($T.PIPELINE)) {\n$>", RuntimeTypes.AXIS);
        for (RankClass rank : program.classes()) {
            method.addCode(
                    "case $L -> new $T(position);\n", rank.stage(), ClassName.get(packageName, StageClass.name(rank)));
        }
        return method.addCode("default -> throw new $T(position.toString());\n", IllegalArgumentException.class)
                .addCode("$<};\n")
                .build();
    }

    private MethodSpec main(String packageName) {
        ClassName job = ClassName.get(packageName, NAME);
        return mainMethod(job)
                .addStatement(
                        "$T.exit(new $T(facts(), $T::program$L, $T.class).run(arguments, home))",
                        System.class,
                        RuntimeTypes.JOB_MAIN,
                        job,
                        memorySource(job, module),
                        job)
                .build();
    }

    /** The argument that says where ranks compute: nothing for this processor. */
    static CodeBlock memorySource(ClassName job, Optional<String> module) {
        return module.map(file -> CodeBlock.of(", new $T($T.class, $S)", RuntimeTypes.CUDA_DEVICES, job, file))
                .orElse(CodeBlock.of(""));
    }

    /** A main method up to where its own work begins: in a machine with vectors, knowing the jar's folder as home. */
    static MethodSpec.Builder mainMethod(ClassName main) {
        return MethodSpec.methodBuilder("main")
                .addModifiers(Modifier.PUBLIC, Modifier.STATIC)
                .addParameter(String[].class, "arguments")
                .addException(Exception.class)
                .addStatement(
                        "$T ended = $T.ifNeeded($T.class, $T.of(arguments))",
                        OptionalInt.class,
                        RuntimeTypes.JVM_RESTART,
                        main,
                        List.class)
                .beginControlFlow("if (ended.isPresent())")
                .addStatement("$T.exit(ended.getAsInt())", System.class)
                .endControlFlow()
                .addStatement("$T.resolve()", RuntimeTypes.VECTOR_MODULE)
                .addStatement(
                        "$T jar = $T.of($T.class.getProtectionDomain().getCodeSource().getLocation().toURI())",
                        Path.class,
                        Path.class,
                        main)
                .addStatement("$T home = jar.toAbsolutePath().getParent()", Path.class);
    }
}
