package dev.dovetail.optimizer.cost;

import dev.dovetail.ir.block.Names;
import dev.dovetail.ir.job.ProductClass;
import dev.dovetail.ir.job.ProductFormat;
import dev.dovetail.ir.op.Attend;
import dev.dovetail.ir.op.AttendGrad;
import dev.dovetail.ir.op.AttentionPattern;
import dev.dovetail.ir.op.Communication;
import dev.dovetail.ir.op.MapOp;
import dev.dovetail.ir.op.MapReduce;
import dev.dovetail.ir.op.MatMul;
import dev.dovetail.ir.op.Op;
import dev.dovetail.ir.program.Buffer;
import dev.dovetail.ir.program.Instruction;
import dev.dovetail.ir.program.MemoryPart;
import dev.dovetail.ir.program.MeshShape;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.TensorType;
import dev.dovetail.optimizer.engine.Engine;
import dev.dovetail.optimizer.engine.Engine.Attention;
import dev.dovetail.optimizer.law.MatMulLaw.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.DoubleConsumer;
import java.util.stream.Stream;

/** The kernels an engine runs for the instructions of a body. */
record EngineKernels(Engine engine) {
    /** Bytes that the program's own operators move for each 16-bit logit: read three times forward, once backward, and written. */
    private static final double OWN_LOGIT_BYTES = 10;

    /** One instruction's, without regard to its neighbours. Exchanges have none. */
    List<Kernel> alone(Instruction instruction) {
        return switch (instruction) {
            case Instruction.Compute c -> compute(c);
            case Instruction.Zero z ->
                stream((double) z.elements() * z.element().bytes());
            case Instruction.Update u -> stream(updateBytes(u));
            case Instruction.RecordLoss l -> stream(0);
            case Instruction.Exchange e -> List.of();
            case Instruction.Begin b -> List.of();
            case Instruction.Await a -> List.of();
            case Instruction.FlatExchange f -> List.of();
            case Instruction.TiedReduce t -> List.of();
            case Instruction.Send s -> List.of();
            case Instruction.Receive r -> List.of();
            case Instruction.Load l -> List.of();
            case Instruction.Move m -> List.of();
            case Instruction.Allocate a -> List.of();
            case Instruction.Free f -> List.of();
            case Instruction.Deliver d -> List.of();
        };
    }

    /** Those of a whole body, by instruction; where several share a kernel, the first has it. */
    List<List<Kernel>> of(List<Instruction> body) {
        var kernels = new ArrayList<List<Kernel>>();
        body.forEach(instruction -> kernels.add(alone(instruction)));
        if (engine.kernels().joinsProjections()) {
            new JoinedProducts(body, kernels).join();
        }
        if (engine.kernels().fused().scans()) {
            fuseScans(body, kernels);
        }
        narrowed(body).forEach((product, share) -> kernels.set(product, convertedBefore(kernels.get(product), share)));
        return kernels;
    }

    private static List<Kernel> convertedBefore(List<Kernel> run, double share) {
        return run.stream()
                .map(kernel -> kernel instanceof Kernel.Product p
                        ? new Kernel.Product(p.shape(), p.element(), p.linear(), p.converted() * share)
                        : kernel)
                .toList();
    }

    /** Products of a body whose operand is gathered in the format they multiply in, and the share of it that a rank converts. */
    private Map<Integer, Double> narrowed(List<Instruction> body) {
        var shares = new LinkedHashMap<Integer, Double>();
        gathers(body).forEach((product, gather) -> {
            Instruction.Exchange exchange = (Instruction.Exchange) body.get(gather);
            shares.put(
                    product,
                    exchange.operand().type().elements()
                            / (double) exchange.result().type().elements());
        });
        return shares;
    }

    /** For each exchange, how long the products take that read what it gives or make what it takes; 0 for other instructions. */
    static double[] besideProducts(List<Instruction> body, double[] seconds) {
        double[] beside = new double[seconds.length];
        var made = new HashMap<Buffer, Integer>();
        for (int i = 0; i < seconds.length; i++) {
            switch (body.get(i)) {
                case Instruction.Exchange e -> {
                    Integer maker = made.get(e.operand());
                    beside[i] = maker == null || !isProduct(body.get(maker)) ? 0 : seconds[maker];
                    made.put(e.result(), i);
                }
                case Instruction.Compute c -> {
                    for (Buffer operand : c.operands()) {
                        Integer maker = made.get(operand);
                        if (isProduct(c) && maker != null && body.get(maker) instanceof Instruction.Exchange) {
                            beside[maker] += seconds[i];
                        }
                    }
                    for (Buffer result : c.results()) {
                        made.put(result, i);
                    }
                }
                default -> {}
            }
        }
        return beside;
    }

    static boolean attends(Instruction instruction) {
        return instruction instanceof Instruction.Compute c
                && (c.op() instanceof Attend || c.op() instanceof AttendGrad);
    }

    private static boolean isProduct(Instruction instruction) {
        return instruction instanceof Instruction.Compute c && c.op() instanceof MatMul;
    }

    /** Query heads of a body's attention for each head of keys; 1 where it has none. */
    static double repetition(List<Instruction> body) {
        return body.stream()
                .mapMultiToDouble((Instruction instruction, DoubleConsumer to) -> {
                    if (instruction instanceof Instruction.Compute c) {
                        switch (c.op()) {
                            case Attend a ->
                                to.accept(repetition(
                                        a.pattern(),
                                        c.operands().get(0),
                                        c.operands().get(1)));
                            case AttendGrad a ->
                                to.accept(repetition(
                                        a.pattern(),
                                        c.operands().get(1),
                                        c.operands().get(2)));
                            default -> {}
                        }
                    }
                })
                .max()
                .orElse(1);
    }

    private static double repetition(AttentionPattern pattern, Buffer q, Buffer k) {
        double queries =
                q.type().elements() / (double) q.type().dim(pattern.queries()).bound();
        return queries * k.type().dim(pattern.keys()).bound() / k.type().elements();
    }

    /** Exchanges of a body that gather operands in the format they are multiplied in. */
    Set<Integer> narrowGathers(List<Instruction> body) {
        return new LinkedHashSet<>(gathers(body).values());
    }

    /** The gather along the tensor axis that a product's operand comes from, by the product, where it is converted before. */
    private Map<Integer, Integer> gathers(List<Instruction> body) {
        var found = new LinkedHashMap<Integer, Integer>();
        if (!engine.kernels().casts().beforeGathers()) {
            return found;
        }
        var gathered = new HashMap<Buffer, Integer>();
        for (int i = 0; i < body.size(); i++) {
            switch (body.get(i)) {
                case Instruction.Exchange e
                when e.op().kind() == Communication.Kind.ALL_GATHER
                        && e.op().axis().equals(MeshShape.TENSOR) -> gathered.put(e.result(), i);
                case Instruction.Compute c -> {
                    Integer gather = gathered.get(c.operands().getFirst());
                    if (gather != null && oneScale(c)) {
                        found.put(i, gather);
                    }
                    c.results().forEach(gathered::remove);
                }
                default -> {}
            }
        }
        return found;
    }

    private boolean oneScale(Instruction.Compute c) {
        return compute(c).stream()
                .anyMatch(kernel -> kernel instanceof Kernel.Product p
                        && p.linear().map(engine.products()::of).equals(Optional.of(ProductFormat.FP8)));
    }

    /** Products inside chunks are one kernel with all that is done between them, where a weight's gradient is made its backward. */
    private static void fuseScans(List<Instruction> body, List<List<Kernel>> kernels) {
        boolean backward = body.stream()
                .anyMatch(each -> each instanceof Instruction.Compute c
                        && c.results().getFirst().part() == MemoryPart.GRADIENTS);
        for (int i = 0; i < body.size(); i++) {
            if (body.get(i) instanceof Instruction.Compute c && insideChunks(c)) {
                double flops = c.op() instanceof MatMul
                        ? c.op().flops(c.operands().stream().map(Buffer::type).toList())
                        : 0;
                kernels.set(i, flops == 0 ? List.of() : List.of(new Kernel.Chunks(flops, backward)));
            }
        }
    }

    private static boolean insideChunks(Instruction.Compute c) {
        return Stream.concat(c.operands().stream(), c.results().stream())
                .anyMatch(buffer -> buffer.type().has(Names.CHUNKS));
    }

    private List<Kernel> elementwise(double bytes) {
        return stream(bytes * engine.kernels().streaming());
    }

    private static List<Kernel> stream(double bytes) {
        return List.of(new Kernel.Stream(bytes));
    }

    private List<Kernel> compute(Instruction.Compute c) {
        List<TensorType> operands = c.operands().stream().map(Buffer::type).toList();
        return switch (c.op()) {
            case MatMul m -> List.of(product(m, operands));
            case Attend a -> attention(a, a.pattern(), operands.get(0), operands.get(1), false, operands);
            case AttendGrad a -> attention(a, a.pattern(), operands.get(1), operands.get(2), true, operands);
            case MapOp m -> addsToGradients(c) ? accumulating(m, operands) : moving(m, operands);
            case MapReduce m -> moving(m, operands);
            default -> elementwise(c.op().bytes(operands));
        };
    }

    private static boolean addsToGradients(Instruction.Compute c) {
        return c.results().getFirst().part() == MemoryPart.GRADIENTS
                && c.operands().size() == 2;
    }

    private List<Kernel> accumulating(Op op, List<TensorType> operands) {
        double share = engine.kernels().accumulating();
        return share == 0 ? List.of() : stream(share * op.bytes(operands));
    }

    private List<Kernel> moving(Op op, List<TensorType> operands) {
        if (fusesExperts() && operands.stream().allMatch(type -> type.has(Names.EXPERT_INNER))) {
            return List.of();
        }
        double own = op.bytes(operands);
        boolean logits = operands.stream().anyMatch(type -> type.has(Names.VOCAB) && type.has(Names.SEQUENCE));
        double theirs = engine.kernels().logitBytes();
        return logits && theirs > 0 ? stream(own * theirs / OWN_LOGIT_BYTES) : elementwise(own);
    }

    /** Such kernels are written for operands with a scale for each 32 elements. */
    private boolean fusesExperts() {
        return engine.kernels().fused().experts() && engine.products().of(ProductClass.EXPERTS) == ProductFormat.MXFP8;
    }

    private Kernel.Product product(MatMul op, List<TensorType> operands) {
        TensorType left = operands.get(0);
        TensorType right = operands.get(1);
        double k = 1;
        for (String name : op.contracted(left, right)) {
            k *= left.dim(name).bound();
        }
        double batch = 1;
        for (String name : op.resultDims()) {
            batch *= left.has(name) && right.has(name) ? left.dim(name).bound() : 1;
        }
        ElementType element = left.element();
        boolean weight = !left.has(Names.SEQUENCE)
                || !right.has(Names.SEQUENCE)
                || !op.resultDims().contains(Names.SEQUENCE);
        boolean logits = left.has(Names.VOCAB) || right.has(Names.VOCAB);
        Optional<ProductClass> linear = (batch == 1 || left.has(Names.EXPERTS)) && weight && !logits
                ? Optional.of(ProductClass.of(operands))
                : Optional.empty();
        return new Kernel.Product(
                new Shape(
                        batch,
                        left.elements() / k / batch,
                        right.elements() / k / batch,
                        k,
                        element.bytes(),
                        element.bytes()),
                element,
                linear,
                linear.map(kind -> converted(op, kind, left, right)).orElse(0.0));
    }

    private double converted(MatMul op, ProductClass kind, TensorType left, TensorType right) {
        boolean gradient = left.has(Names.SEQUENCE) && !op.resultDims().contains(Names.SEQUENCE);
        boolean rows = engine.products().of(kind) == ProductFormat.FP8_BLOCK;
        if (gradient && rows && engine.kernels().casts().apart()) {
            return left.elements() + right.elements();
        }
        return converts(op, left) ? left.elements() : 0;
    }

    private boolean converts(MatMul op, TensorType left) {
        boolean made = fusesExperts() && left.has(Names.EXPERT_INNER);
        return !made && (op.resultDims().contains(Names.SEQUENCE) || !left.has(Names.SEQUENCE));
    }

    /** Reads gradient, moments and weight, writes moments and weight; masters are read and written beside the weight. */
    private double updateBytes(Instruction.Update update) {
        var precision = update.precision();
        double each = engine.kernels().updateBytes() > 0
                ? engine.kernels().updateBytes()
                : precision.gradient().bytes()
                        + 4 * precision.state().bytes()
                        + (precision.hasMaster()
                                ? 2 * precision.master().bytes()
                                        + precision.compute().bytes()
                                : 2 * precision.compute().bytes());
        return update.elements() * each;
    }

    private List<Kernel> attention(
            Op op, AttentionPattern pattern, TensorType q, TensorType k, boolean backward, List<TensorType> operands) {
        double queries = q.dim(pattern.queries()).bound();
        double keys = k.dim(pattern.keys()).bound();
        double headDim = q.dim(AttentionPattern.HEAD_DIM).bound();
        double heads = q.elements() / queries / headDim;
        if (engine.kernels().attention() == Attention.MATERIALISED) {
            return new MaterialisedAttention(
                            heads,
                            queries,
                            keys,
                            headDim,
                            q.element(),
                            engine.kernels().dropout())
                    .kernels(backward);
        }
        var fused = new Kernel.Attention(
                op.flops(operands) * seen(pattern, queries, keys),
                keys,
                headDim,
                backward,
                q.element(),
                op.bytes(operands));
        int merged = backward
                ? engine.kernels().ring().mergedBackward()
                : engine.kernels().ring().mergedBytes();
        boolean stretches = pattern.start().isPresent() && merged > 0;
        return stretches ? List.of(fused, new Kernel.Stream(q.elements() * merged * keys / queries)) : List.of(fused);
    }

    /**
     * Fused kernels skip blocks that a mask hides entirely: half of a long causal sequence, all but a window's. Where ranks have stretches
     * of it in order, the last has most to look back on, and the others wait for it.
     */
    private double seen(AttentionPattern pattern, double queries, double keys) {
        double looksBack = engine.kernels().ring().balanced() ? 0.5 : pattern.looksBack(queries, keys);
        double causal = pattern.causal() && queries > 1 ? looksBack : 1;
        return pattern.window() > 0 ? Math.min(causal, pattern.window() / keys) : causal;
    }
}
