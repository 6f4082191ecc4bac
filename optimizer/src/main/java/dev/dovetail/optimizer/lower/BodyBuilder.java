package dev.dovetail.optimizer.lower;

import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.program.Body;
import dev.dovetail.ir.program.Buffer;
import dev.dovetail.ir.program.IndexExpr;
import dev.dovetail.ir.program.Instruction;
import dev.dovetail.ir.program.MemoryPart;
import dev.dovetail.ir.tensor.TensorType;
import dev.dovetail.optimizer.pack.Lifetime;
import dev.dovetail.optimizer.pack.OffsetPacker;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Writes a body: values with a known place keep it, all others get scratch memory for as long as they are needed, at offsets
 * solved by the packer.
 */
final class BodyBuilder {
    static final String SCRATCH = "scratch";

    private final String name;
    private final Body.Activity activity;
    private final Map<Value, Buffer> placed = new HashMap<>();
    private final Map<Value, Inside> inside = new HashMap<>();
    private final List<Step> steps = new ArrayList<>();
    private final List<Buffer> opened = new ArrayList<>();
    private final List<Buffer> closed = new ArrayList<>();
    private int nextScratch = -1;

    /** A value that is a stretch of another. */
    private record Inside(Value container, long bytes) {}

    private record Step(List<Value> uses, Function<Places, Instruction> instruction) {}

    /** Where each value lies, once offsets are solved. */
    interface Places {
        Buffer of(Value value);
    }

    /** A finished body and the scratch memory it needs. */
    record Result(Body body, long scratchBytes) {}

    BodyBuilder(String name, Body.Activity activity) {
        this.name = name;
        this.activity = activity;
    }

    /** The value lies in {@code buffer}, which someone else keeps. */
    void place(Value value, Buffer buffer) {
        placed.put(value, buffer);
    }

    boolean isPlaced(Value value) {
        return placed.containsKey(value);
    }

    /** The value lies in {@code buffer}, which comes alive in this body. */
    void open(Value value, Buffer buffer) {
        placed.put(value, buffer);
        opened.add(buffer);
    }

    /** The buffer comes alive in this body. */
    void open(Buffer buffer) {
        opened.add(buffer);
    }

    /** The buffer is no longer needed after this body. */
    void close(Buffer buffer) {
        closed.add(buffer);
    }

    /** The two values share memory: the operator that makes one from the other works in place. */
    void alias(Value value, Value same) {
        inside.put(value, new Inside(same, 0));
    }

    void inside(Value value, Value container, long bytes) {
        inside.put(value, new Inside(container, bytes));
    }

    /** Scratch memory that no graph names. */
    Value scratch(String scratchName, TensorType type) {
        return new Value(nextScratch--, scratchName, type);
    }

    void step(List<Value> uses, Function<Places, Instruction> instruction) {
        steps.add(new Step(List.copyOf(uses), instruction));
    }

    void step(Instruction instruction) {
        step(List.of(), places -> instruction);
    }

    private Value root(Value value) {
        Value current = value;
        while (inside.containsKey(current) && !placed.containsKey(current)) {
            current = inside.get(current).container();
        }
        return current;
    }

    private long distance(Value value) {
        long bytes = 0;
        Value current = value;
        while (inside.containsKey(current) && !placed.containsKey(current)) {
            bytes += inside.get(current).bytes();
            current = inside.get(current).container();
        }
        return bytes;
    }

    Result build(List<String> parameters, OffsetPacker packer) {
        pullPlacesThroughAliases();
        var spans = spans();
        var roots = List.copyOf(spans.keySet());
        var packing = packer.pack(roots.stream()
                .map(root -> new Lifetime(Buffer.reserved(root.type()), spans.get(root)[0], spans.get(root)[1]))
                .toList());
        var scratch = new HashMap<Value, Buffer>();
        for (int i = 0; i < roots.size(); i++) {
            Value root = roots.get(i);
            IndexExpr offset =
                    IndexExpr.variable(SCRATCH).plus(packing.offsets().get(i));
            scratch.put(root, new Buffer(root.name(), root.type(), MemoryPart.WORKSPACE, offset));
        }
        Places places = value -> locate(value, scratch);
        return new Result(new Body(name, activity, parameters, emit(spans, scratch, places)), packing.peak());
    }

    /** A value with a known place gives it to the value it is made from in place. */
    private void pullPlacesThroughAliases() {
        for (var entry : List.copyOf(inside.entrySet())) {
            Buffer place = placed.get(entry.getKey());
            Value container = entry.getValue().container();
            if (place != null && entry.getValue().bytes() == 0 && !placed.containsKey(root(container))) {
                placed.put(root(container), place);
            }
        }
    }

    private Map<Value, int[]> spans() {
        var spans = new LinkedHashMap<Value, int[]>();
        for (int i = 0; i < steps.size(); i++) {
            for (Value use : steps.get(i).uses()) {
                Value root = root(use);
                if (!placed.containsKey(root)) {
                    int at = i;
                    spans.computeIfAbsent(root, r -> new int[] {at, at})[1] = i;
                }
            }
        }
        return spans;
    }

    private Buffer locate(Value value, Map<Value, Buffer> scratch) {
        Value root = root(value);
        Buffer base = placed.containsKey(root) ? placed.get(root) : scratch.get(root);
        return new Buffer(value.name(), value.type(), base.part(), base.offset().plus(distance(value)));
    }

    private List<Instruction> emit(Map<Value, int[]> spans, Map<Value, Buffer> scratch, Places places) {
        var instructions = new ArrayList<Instruction>();
        opened.forEach(buffer -> instructions.add(new Instruction.Allocate(buffer)));
        List<List<Buffer>> begins = byStep(spans, scratch, 0);
        List<List<Buffer>> ends = byStep(spans, scratch, 1);
        for (int i = 0; i < steps.size(); i++) {
            begins.get(i).forEach(buffer -> instructions.add(new Instruction.Allocate(buffer)));
            instructions.add(steps.get(i).instruction().apply(places));
            ends.get(i).forEach(buffer -> instructions.add(new Instruction.Free(buffer)));
        }
        closed.forEach(buffer -> instructions.add(new Instruction.Free(buffer)));
        return instructions;
    }

    /** Scratch buffers by the step at one end of their spans. */
    private List<List<Buffer>> byStep(Map<Value, int[]> spans, Map<Value, Buffer> scratch, int end) {
        var by = new ArrayList<List<Buffer>>();
        steps.forEach(step -> by.add(new ArrayList<>()));
        spans.forEach((root, span) -> by.get(span[end]).add(scratch.get(root)));
        return by;
    }
}
