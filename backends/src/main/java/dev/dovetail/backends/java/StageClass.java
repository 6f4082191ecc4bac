package dev.dovetail.backends.java;

import com.palantir.javapoet.CodeBlock;
import com.palantir.javapoet.FieldSpec;
import com.palantir.javapoet.JavaFile;
import com.palantir.javapoet.MethodSpec;
import com.palantir.javapoet.TypeSpec;
import dev.dovetail.ir.program.Body;
import dev.dovetail.ir.program.Buffer;
import dev.dovetail.ir.program.MemoryPart;
import dev.dovetail.ir.program.Program;
import dev.dovetail.ir.program.RankClass;
import dev.dovetail.ir.program.Schedule;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import javax.lang.model.element.Modifier;

/** Writes the class that the ranks of one pipeline stage run. */
final class StageClass {
    private final Program program;
    private final RankClass rank;
    private final StageNames names = new StageNames(RuntimeTypes.STEP_INPUTS);
    private final Map<String, BodyMethod.Printed> own = new LinkedHashMap<>();
    private final List<LayerClass.Printed> layers = new ArrayList<>();
    private final PassMethods passes;

    private StageClass(Program program, RankClass rank, KernelCalls kernels, JobHeader header, LayerNames layerNames) {
        this.program = program;
        this.rank = rank;
        for (LayerClass.Kind kind : LayerClass.kinds(rank)) {
            layers.add(LayerClass.of(kind, RuntimeTypes.STEP_INPUTS, kernels, header, layerNames));
        }
        for (Body body : rank.bodies()) {
            boolean ofLayer = layers.stream().anyMatch(l -> l.bodies().containsKey(body.name()));
            if (!body.instructions().isEmpty() && !ofLayer) {
                own.put(body.name(), BodyMethod.of(body, names, kernels));
            }
        }
        this.passes = new PassMethods(rank, names, own, layers);
    }

    static JavaSource of(
            Program program,
            RankClass rank,
            KernelCalls kernels,
            JobHeader header,
            String packageName,
            LayerNames layers) {
        return new StageClass(program, rank, kernels, header, layers).source(header, packageName);
    }

    /** The class for a stage: {@code Stage0}. */
    static String name(RankClass rank) {
        return "Stage" + rank.stage();
    }

    private JavaSource source(JobHeader header, String packageName) {
        MethodSpec step = schedule("step", rank.step());
        passes.startEvaluation();
        MethodSpec evaluate = schedule("evaluate", rank.evaluate());
        List<MethodSpec> state = new StateText(rank, names).methods();
        var type = TypeSpec.classBuilder(name(rank))
                .addModifiers(Modifier.PUBLIC, Modifier.FINAL)
                .addSuperinterface(RuntimeTypes.RANK_PROGRAM)
                .addJavadoc(summary());
        names.fields().forEach(type::addField);
        names.coordinateFields().forEach(type::addField);
        layerFields(layers).forEach(type::addField);
        type.addMethod(constructor(names, layers)).addMethod(step);
        passes.specs().stream()
                .filter(pass -> !pass.name().startsWith("evaluate"))
                .forEach(type::addMethod);
        type.addMethod(evaluate);
        passes.specs().stream()
                .filter(pass -> pass.name().startsWith("evaluate"))
                .forEach(type::addMethod);
        own.values().forEach(body -> type.addMethod(body.method()));
        type.addMethod(arenaBytes(rank));
        if (rank.far().bytes() > 0) {
            type.addMethod(far());
        }
        type.addMethod(initialize());
        state.forEach(type::addMethod);
        return source(packageName, header, type.build());
    }

    static List<FieldSpec> layerFields(List<LayerClass.Printed> layers) {
        return layers.stream()
                .map(layer -> FieldSpec.builder(layer.name(), layer.field(), Modifier.PRIVATE, Modifier.FINAL)
                        .build())
                .toList();
    }

    static MethodSpec constructor(StageNames names, List<LayerClass.Printed> layers) {
        var constructor = names.constructor();
        layers.forEach(layer -> constructor.addStatement("this.$L = new $T(position)", layer.field(), layer.name()));
        return constructor.build();
    }

    static JavaSource source(String packageName, JobHeader header, TypeSpec type) {
        String text = JavaFile.builder(packageName, type)
                .addFileComment("$L", header.text())
                .skipJavaLangImports(true)
                .indent("    ")
                .build()
                .toString();
        // Constants belong together; JavaPoet sets a blank line between any two members.
        String compact = text.replaceAll("(;\n)\n(    private (static )?final )", "$1$2");
        return new JavaSource(packageName + "." + type.name(), compact);
    }

    private CodeBlock summary() {
        var text = new StringBuilder();
        text.append("Pipeline stage ")
                .append(rank.stage())
                .append(" of ")
                .append(program.classes().size());
        text.append(" of {@code ").append(program.name()).append("}: what each of its ranks does.\n\n");
        text.append("<p>One step trains on ").append(program.microbatches()).append(" micro-batches of ");
        text.append(program.microbatch()).append(" x ").append(program.sequence());
        text.append(" tokens (sequences x length).\nVariables named after tensors are offsets into the rank's arena,");
        text.append(" in bytes.\n\n<p>The arena has ").append(rank.arenaBytes()).append(" bytes:");
        new TreeMap<>(rank.memory())
                .forEach((part, bytes) -> text.append(part == MemoryPart.PARAMETERS ? " " : ", ")
                        .append(part.name().toLowerCase(Locale.ROOT))
                        .append(" ")
                        .append(bytes));
        return CodeBlock.of("$L", text.append(".\n"));
    }

    private MethodSpec schedule(String name, Schedule schedule) {
        return MethodSpec.methodBuilder(name)
                .addAnnotation(Override.class)
                .addModifiers(Modifier.PUBLIC)
                .addParameter(RuntimeTypes.RANK_CONTEXT, "context")
                .addParameter(RuntimeTypes.STEP_INPUTS, "inputs")
                .addCode(ScheduleText.of(schedule, rank, names, passes, List.of(), 0))
                .build();
    }

    static MethodSpec arenaBytes(RankClass rank) {
        return MethodSpec.methodBuilder("arenaBytes")
                .addAnnotation(Override.class)
                .addModifiers(Modifier.PUBLIC)
                .returns(long.class)
                .addStatement("return $L", IndexText.constant(rank.arenaBytes()))
                .build();
    }

    private MethodSpec far() {
        return MethodSpec.methodBuilder("far")
                .addAnnotation(Override.class)
                .addModifiers(Modifier.PUBLIC)
                .returns(RuntimeTypes.FAR_MEMORY)
                .addStatement(
                        "return new $T($T.Tier.$L, $L)",
                        RuntimeTypes.FAR_MEMORY,
                        RuntimeTypes.FAR_MEMORY,
                        rank.far().tier(),
                        IndexText.constant(rank.far().bytes()))
                .build();
    }

    private MethodSpec initialize() {
        return MethodSpec.methodBuilder("initialize")
                .addAnnotation(Override.class)
                .addModifiers(Modifier.PUBLIC)
                .addParameter(RuntimeTypes.RANK_CONTEXT, "context")
                .addCode(allocations(rank))
                .build();
    }

    /** Tells the ledger what lives from start to end. */
    static CodeBlock allocations(RankClass rank) {
        var code = CodeBlock.builder();
        for (Buffer buffer : rank.persistent()) {
            if (buffer.type().bytes() > 0) {
                code.addStatement(
                        "context.allocate($T.$L, $L, $L)",
                        RuntimeTypes.MEMORY_PART,
                        buffer.part(),
                        IndexText.constant(buffer.offset().evaluate(Map.of(), Map.of())),
                        IndexText.constant(buffer.reserved()));
            }
        }
        return code.build();
    }
}
