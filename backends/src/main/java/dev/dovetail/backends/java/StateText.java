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
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.ElementType;
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
    private final Map<Lines, String> methods = new LinkedHashMap<>();

    /** A chunk that the rank keeps of the values of one kind, apart from where it lies. */
    private record Chunk(StateEntry.Kind kind, ElementType element, long elements, Optional<String> sharded) {}

    /** One tensor of a block, apart from which layer it belongs to. */
    private record Line(
            String name,
            List<Dim> dims,
            List<Dim> local,
            List<IndexExpr> starts,
            Initializer initializer,
            long blockFirst) {}

    private record Lines(List<Chunk> chunks, List<Line> lines) {}

    /** All that is kept of one tensor: an entry for each kind of value. */
    private record Kept(List<StateEntry> entries) {
        String name() {
            return entries.getFirst().parameter();
        }

        List<Chunk> chunks() {
            return entries.stream()
                    .map(e -> new Chunk(e.kind(), e.type().element(), e.chunk(), e.sharded()))
                    .toList();
        }

        List<Long> offsets() {
            return entries.stream().map(StateEntry::offset).toList();
        }

        boolean sharesBlockWith(Kept other) {
            return chunks().equals(other.chunks()) && offsets().equals(other.offsets());
        }

        Line line(String layer) {
            StateEntry entry = entries.getFirst();
            TensorType type = entry.type();
            return new Line(
                    name().substring(layer.length()),
                    type.dims(),
                    entry.local().dims(),
                    type.names().stream().map(entry::firstAlong).toList(),
                    entry.initializer(),
                    entry.blockFirst());
        }
    }

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
        for (List<Kept> block : blocks()) {
            String layer = layerOf(block);
            var lines = new Lines(
                    block.getFirst().chunks(),
                    block.stream().map(tensor -> tensor.line(layer)).toList());
            String method =
                    methods.computeIfAbsent(lines, fresh -> "addState" + (methods.isEmpty() ? "" : methods.size() + 1));
            var call = CodeBlock.builder().add("$L($L,$W$S", method, LIST, layer);
            block.getFirst().offsets().forEach(offset -> call.add(",$W$L", IndexText.constant(offset)));
            main.addStatement(call.add(")").build());
        }
        var all = new ArrayList<>(List.of(main.addStatement("return state").build()));
        methods.forEach((lines, name) -> all.add(method(name, lines)));
        return all;
    }

    /** Tensors that lie together, in every kind of value. */
    private List<List<Kept>> blocks() {
        var blocks = new ArrayList<List<Kept>>();
        for (Kept tensor : tensors()) {
            if (blocks.isEmpty() || !blocks.getLast().getFirst().sharesBlockWith(tensor)) {
                blocks.add(new ArrayList<>());
            }
            blocks.getLast().add(tensor);
        }
        return blocks;
    }

    private List<Kept> tensors() {
        var tensors = new ArrayList<Kept>();
        for (StateEntry entry : rank.state()) {
            if (tensors.isEmpty() || !sameTensor(tensors.getLast().entries().getFirst(), entry)) {
                tensors.add(new Kept(new ArrayList<>()));
            }
            tensors.getLast().entries().add(entry);
        }
        return tensors;
    }

    /** Whether two entries are values of one tensor in one place; a rank with both ends has a shared table twice. */
    private static boolean sameTensor(StateEntry first, StateEntry other) {
        return first.parameter().equals(other.parameter())
                && first.kind() != other.kind()
                && first.blockFirst() == other.blockFirst()
                && first.cuts().equals(other.cuts());
    }

    /** What the names of a block begin with, up to a dot: {@code layers.3.}. */
    private static String layerOf(List<Kept> block) {
        String common = block.getFirst().name();
        for (Kept tensor : block) {
            int same = 0;
            int most = Math.min(common.length(), tensor.name().length());
            while (same < most && common.charAt(same) == tensor.name().charAt(same)) {
                same++;
            }
            common = common.substring(0, same);
        }
        return common.substring(0, common.lastIndexOf('.') + 1);
    }

    private MethodSpec method(String name, Lines block) {
        var method = MethodSpec.methodBuilder(name)
                .addModifiers(Modifier.PRIVATE)
                .addParameter(SHARDS, LIST)
                .addParameter(String.class, LAYER)
                .addStatement(
                        "$T block = new $T($L, $L)", RuntimeTypes.STATE_BLOCK, RuntimeTypes.STATE_BLOCK, LIST, LAYER);
        for (Chunk chunk : block.chunks()) {
            String offset = JavaNames.camel(offsetName(chunk.kind()));
            method.addParameter(long.class, offset);
            method.addStatement(
                    "block.keep($T.$L,$W$L,$W$L,$W$L,$W$L)",
                    RuntimeTypes.STATE_KIND,
                    chunk.kind(),
                    InstructionPrinter.type(chunk.element()),
                    first(chunk),
                    IndexText.constant(chunk.elements()),
                    offset);
        }
        block.lines().forEach(line -> method.addStatement(add(line)));
        return method.build();
    }

    private String first(Chunk chunk) {
        return chunk.sharded()
                .map(axis -> stage.coordinate(axis) + " * " + IndexText.constant(chunk.elements()))
                .orElse("0");
    }

    private static String offsetName(StateEntry.Kind kind) {
        return switch (kind) {
            case WEIGHT -> "weights";
            case FIRST_MOMENT -> "first_moments";
            case SECOND_MOMENT -> "second_moments";
            case MASTER -> "masters";
        };
    }

    private CodeBlock add(Line line) {
        var call = CodeBlock.builder()
                .add(
                        "block.add($S,$W$L,$W$L",
                        line.name(),
                        IndexText.constant(line.blockFirst()),
                        initial(line.initializer()));
        if (line.local().equals(line.dims())) {
            line.dims().forEach(dim -> call.add(",$W$L", dim.bound()));
        } else {
            call.add(",$W$L,$W$L,$W$L", array(extents(line.dims())), array(starts(line)), array(extents(line.local())));
        }
        return call.add(")").build();
    }

    private static String array(String elements) {
        return "new long[] {" + elements + "}";
    }

    private static String extents(List<Dim> dims) {
        return dims.stream().map(dim -> String.valueOf(dim.bound())).collect(Collectors.joining(", "));
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

    private static CodeBlock initial(Initializer initializer) {
        if (initializer.columns() > 0) {
            return CodeBlock.of("new $T.Grid($L)", RuntimeTypes.INITIAL, initializer.columns());
        }
        if (initializer.deviation() > 0) {
            return CodeBlock.of("$T.normal($L)", RuntimeTypes.INITIAL, initializer.deviation());
        }
        double constant = initializer.constant();
        return constant == 0
                ? CodeBlock.of("$T.zeros()", RuntimeTypes.INITIAL)
                : CodeBlock.of("new $T.Constant($L)", RuntimeTypes.INITIAL, constant);
    }
}
