package dev.dovetail.backends.java;

import com.palantir.javapoet.ClassName;
import com.palantir.javapoet.CodeBlock;
import com.palantir.javapoet.MethodSpec;
import com.palantir.javapoet.ParameterizedTypeName;
import com.palantir.javapoet.TypeName;
import dev.dovetail.ir.graph.Initializer;
import dev.dovetail.ir.program.IndexExpr;
import dev.dovetail.ir.program.RankClass;
import dev.dovetail.ir.program.StateEntry;
import dev.dovetail.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import javax.lang.model.element.Modifier;

/** Writes what a rank keeps between steps: a method for each kind of parameter block, and a call of it for each block. */
final class StateText {
    private static final TypeName SHARDS =
            ParameterizedTypeName.get(ClassName.get(List.class), RuntimeTypes.STATE_SHARD);
    private static final String LIST = "state";
    private static final String LAYER = "layer";

    private final RankClass rank;
    private final StageNames stage;
    private final Map<List<Line>, String> methods = new LinkedHashMap<>();

    /** One kept tensor of a block, apart from which layer it belongs to and where the block lies. */
    private record Line(
            String suffix,
            StateEntry.Kind kind,
            TensorType type,
            TensorType local,
            List<IndexExpr> starts,
            Initializer initializer,
            long blockFirst,
            long chunk,
            Optional<String> sharded) {}

    /** Tensors that lie together, with the offset of each kind of state. */
    private record Block(String layer, List<Line> lines, Map<StateEntry.Kind, Long> offsets) {}

    StateText(RankClass rank, StageNames stage) {
        this.rank = rank;
        this.stage = stage;
    }

    List<MethodSpec> methods() {
        var main = MethodSpec.methodBuilder("state")
                .addAnnotation(Override.class)
                .addModifiers(Modifier.PUBLIC)
                .returns(SHARDS)
                .addStatement("$T state = new $T<>()", SHARDS, ArrayList.class);
        for (Block block : blocks()) {
            String method = methods.computeIfAbsent(
                    block.lines(), lines -> "addState" + (methods.isEmpty() ? "" : methods.size() + 1));
            var call = CodeBlock.builder().add("$L($L,$W$S", method, LIST, block.layer());
            block.offsets().values().forEach(offset -> call.add(",$W$L", IndexText.constant(offset)));
            main.addStatement(call.add(")").build());
        }
        var all = new ArrayList<>(List.of(main.addStatement("return state").build()));
        methods.forEach((lines, name) -> all.add(method(name, lines)));
        return all;
    }

    private List<Block> blocks() {
        var blocks = new ArrayList<Block>();
        var current = new ArrayList<StateEntry>();
        for (StateEntry entry : rank.state()) {
            boolean sameBlock = current.stream()
                    .filter(e -> e.kind() == entry.kind())
                    .allMatch(e -> e.offset() == entry.offset() && e.chunk() == entry.chunk());
            if (!sameBlock) {
                blocks.add(block(current));
                current.clear();
            }
            current.add(entry);
        }
        if (!current.isEmpty()) {
            blocks.add(block(current));
        }
        return blocks;
    }

    private static Block block(List<StateEntry> entries) {
        String layer = layerOf(entries);
        var offsets = new LinkedHashMap<StateEntry.Kind, Long>();
        entries.forEach(entry -> offsets.putIfAbsent(entry.kind(), entry.offset()));
        var lines = entries.stream()
                .map(e -> new Line(
                        e.parameter().substring(layer.length()),
                        e.kind(),
                        e.type(),
                        e.local(),
                        e.type().names().stream().map(e::firstAlong).toList(),
                        e.initializer(),
                        e.blockFirst(),
                        e.chunk(),
                        e.sharded()))
                .toList();
        return new Block(layer, lines, offsets);
    }

    /** What the names of a block begin with, up to a dot: {@code layers.3.}. */
    private static String layerOf(List<StateEntry> entries) {
        String common = entries.getFirst().parameter();
        for (StateEntry entry : entries) {
            int same = 0;
            int most = Math.min(common.length(), entry.parameter().length());
            while (same < most && common.charAt(same) == entry.parameter().charAt(same)) {
                same++;
            }
            common = common.substring(0, same);
        }
        return common.substring(0, common.lastIndexOf('.') + 1);
    }

    private MethodSpec method(String name, List<Line> lines) {
        var method = MethodSpec.methodBuilder(name)
                .addModifiers(Modifier.PRIVATE)
                .addParameter(SHARDS, LIST)
                .addParameter(String.class, LAYER);
        lines.stream()
                .map(Line::kind)
                .distinct()
                .forEach(kind -> method.addParameter(long.class, JavaNames.camel(offsetName(kind))));
        lines.forEach(line -> method.addCode(code(line)));
        return method.build();
    }

    private static String offsetName(StateEntry.Kind kind) {
        return switch (kind) {
            case WEIGHT -> "weights";
            case FIRST_MOMENT -> "first_moments";
            case SECOND_MOMENT -> "second_moments";
            case MASTER -> "masters";
        };
    }

    private CodeBlock code(Line line) {
        String chunkFirst = line.sharded()
                .map(axis -> stage.coordinate(axis) + " * " + IndexText.constant(line.chunk()))
                .orElse("0");
        return CodeBlock.builder()
                .add("$L.add($T.inBlock($L + $S,$W", LIST, RuntimeTypes.STATE_SHARD, LAYER, line.suffix())
                .add(
                        "$T.$L,$W$L,$W",
                        RuntimeTypes.STATE_KIND,
                        line.kind(),
                        InstructionPrinter.type(line.type().element()))
                .add("$L,$W$L,$W$L,$W", array(longs(line.type())), array(starts(line)), array(longs(line.local())))
                .add("$L,$W$L,$W$L,$W", line.blockFirst(), chunkFirst, line.chunk())
                .add("$L,$W$L));\n", JavaNames.camel(offsetName(line.kind())), initial(line))
                .build();
    }

    private static String array(String elements) {
        return "new long[] {" + elements + "}";
    }

    private static String longs(TensorType type) {
        return type.dims().stream().map(dim -> String.valueOf(dim.bound())).collect(Collectors.joining(", "));
    }

    private String starts(Line line) {
        return line.starts().stream().map(this::start).collect(Collectors.joining(", "));
    }

    /** A sum of coordinates, each times the extent of its piece. */
    private String start(IndexExpr first) {
        return switch (first) {
            case IndexExpr.Const c -> String.valueOf(c.value());
            case IndexExpr.Coordinate c -> stage.coordinate(c.axis());
            case IndexExpr.Binary b -> start(b.left()) + " " + b.operator().symbol() + " " + start(b.right());
            case IndexExpr.Variable v -> throw new IllegalArgumentException("a tensor does not begin at " + v);
            case IndexExpr.Lookup l -> throw new IllegalArgumentException("a tensor does not begin at " + l);
        };
    }

    private static CodeBlock initial(Line line) {
        Initializer initializer = line.initializer();
        if (line.kind() != StateEntry.Kind.WEIGHT && line.kind() != StateEntry.Kind.MASTER) {
            return CodeBlock.of("$T.zeros()", RuntimeTypes.INITIAL);
        }
        if (initializer.columns() > 0) {
            return CodeBlock.of("new $T.Grid($L)", RuntimeTypes.INITIAL, initializer.columns());
        }
        return initializer.deviation() > 0
                ? CodeBlock.of("$T.normal($L)", RuntimeTypes.INITIAL, initializer.deviation())
                : CodeBlock.of("new $T.Constant($L)", RuntimeTypes.INITIAL, initializer.constant());
    }
}
