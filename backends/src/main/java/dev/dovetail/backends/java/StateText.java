package dev.dovetail.backends.java;

import com.palantir.javapoet.CodeBlock;
import com.palantir.javapoet.MethodSpec;
import com.palantir.javapoet.ParameterizedTypeName;
import dev.dovetail.ir.graph.Initializer;
import dev.dovetail.ir.program.MeshShape;
import dev.dovetail.ir.program.RankClass;
import dev.dovetail.ir.program.StateEntry;
import dev.dovetail.ir.shard.Placement;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.lang.model.element.Modifier;

/** Writes what a rank keeps between steps, one line a tensor; a big model's list is cut into several methods. */
final class StateText {
    /** A method must stay far below the 64 KiB of byte code that a class file allows. */
    private static final int ENTRIES_PER_METHOD = 60;

    private final RankClass rank;
    private final MeshShape mesh;
    private final StageNames stage;

    StateText(RankClass rank, MeshShape mesh, StageNames stage) {
        this.rank = rank;
        this.mesh = mesh;
        this.stage = stage;
    }

    List<MethodSpec> methods() {
        var methods = new ArrayList<MethodSpec>();
        var type = ParameterizedTypeName.get(com.palantir.javapoet.ClassName.get(List.class), RuntimeTypes.STATE_SHARD);
        var main = MethodSpec.methodBuilder("state")
                .addAnnotation(Override.class)
                .addModifiers(Modifier.PUBLIC)
                .returns(type)
                .addStatement("$T state = new $T<>()", type, ArrayList.class);
        List<StateEntry> entries = rank.state();
        for (int from = 0; from < entries.size(); from += ENTRIES_PER_METHOD) {
            String name = "addState" + from / ENTRIES_PER_METHOD;
            main.addStatement("$L(state)", name);
            var part = MethodSpec.methodBuilder(name)
                    .addModifiers(Modifier.PRIVATE)
                    .addParameter(type, "state");
            entries.subList(from, Math.min(entries.size(), from + ENTRIES_PER_METHOD))
                    .forEach(entry -> part.addCode(line(entry)));
            methods.add(part.build());
        }
        methods.addFirst(main.addStatement("return state").build());
        return methods;
    }

    private CodeBlock line(StateEntry entry) {
        int ways = mesh.size(MeshShape.TENSOR);
        TensorType local = entry.placement().local(entry.type(), ways);
        String chunkStart =
                entry.sharded() ? stage.coordinate(MeshShape.DATA) + " * " + IndexText.constant(entry.chunk()) : "0";
        return CodeBlock.builder()
                .add("state.add($T.inBlock($S,$W", RuntimeTypes.STATE_SHARD, entry.parameter())
                .add(
                        "$T.$L,$W$L,$W",
                        RuntimeTypes.STATE_KIND,
                        entry.kind(),
                        InstructionPrinter.type(entry.type().element()))
                .add("$T.of($L),$W", List.class, longs(entry.type()))
                .add("$T.of($L),$W", List.class, starts(entry, local))
                .add("$T.of($L),$W", List.class, longs(local))
                .add("$L,$W$L,$W$L,$W", entry.blockFirst(), chunkStart, entry.chunk())
                .add("$L,$W$L));\n", IndexText.constant(entry.offset()), initial(entry))
                .build();
    }

    private static String longs(TensorType type) {
        return type.dims().stream().map(dim -> dim.bound() + "L").collect(Collectors.joining(", "));
    }

    private String starts(StateEntry entry, TensorType local) {
        return IntStream.range(0, local.dims().size())
                .mapToObj(i -> start(entry.placement(), local.dims().get(i)))
                .collect(Collectors.joining(", "));
    }

    private String start(Placement placement, Dim dim) {
        return switch (placement) {
            case Placement.Whole w -> "0L";
            case Placement.Split s
            when s.dim().equals(dim.name()) -> stage.coordinate(MeshShape.TENSOR) + " * " + dim.bound() + "L";
            case Placement.Split s -> "0L";
        };
    }

    private static CodeBlock initial(StateEntry entry) {
        Initializer initializer = entry.initializer();
        if (entry.kind() != StateEntry.Kind.WEIGHT) {
            return CodeBlock.of("$T.zeros()", RuntimeTypes.INITIAL);
        }
        return initializer.deviation() > 0
                ? CodeBlock.of("$T.normal($L)", RuntimeTypes.INITIAL, initializer.deviation())
                : CodeBlock.of("new $T.Constant($L)", RuntimeTypes.INITIAL, initializer.constant());
    }
}
