package dev.dovetail.backends.java;

import com.palantir.javapoet.CodeBlock;
import dev.dovetail.ir.op.Communication;
import dev.dovetail.ir.op.Splitting;
import dev.dovetail.ir.program.Body;
import dev.dovetail.ir.program.Buffer;
import dev.dovetail.ir.program.IndexExpr;
import dev.dovetail.ir.program.Instruction;
import dev.dovetail.ir.program.Instruction.Channel;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.Extent;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** Writes one instruction after the other as the line of Java that does it. */
final class InstructionPrinter {
    private final BodyMethod body;
    private final KernelCalls kernels;
    private final CodeBlock.Builder code;
    /** Names of exchanges that were begun, by ticket. */
    private final Map<Integer, String> onTheWay = new HashMap<>();

    InstructionPrinter(BodyMethod body, KernelCalls kernels) {
        this.body = body;
        this.kernels = kernels;
        this.code = body.code();
    }

    /** Whether a body runs kernels. */
    static boolean computes(Body body) {
        return body.instructions().stream()
                .anyMatch(i -> i instanceof Instruction.Compute || i instanceof Instruction.Update);
    }

    private static boolean copies(Instruction.Exchange exchange) {
        return switch (exchange.op().kind()) {
            case SLICE -> true;
            case ALL_REDUCE ->
                !exchange.operand().offset().equals(exchange.result().offset());
            case ALL_GATHER, REDUCE_SCATTER, ALL_TO_ALL -> false;
        };
    }

    void print(Instruction instruction) {
        switch (instruction) {
            case Instruction.Compute c -> kernels.print(body, c);
            case Instruction.Update u -> kernels.print(body, u);
            case Instruction.Exchange e -> exchange(e);
            case Instruction.Begin b -> begin(b);
            case Instruction.Await a -> code.addStatement("$L.await()", onTheWay.get(a.ticket()));
            case Instruction.FlatExchange f -> flat(f);
            case Instruction.TiedReduce t -> tied(t);
            case Instruction.Send s -> message("send", s.buffer(), s.axis(), s.distance(), s.channel(), s.tag());
            case Instruction.Receive r -> message("receive", r.buffer(), r.axis(), r.distance(), r.channel(), r.tag());
            case Instruction.Load l -> load(l);
            case Instruction.RecordLoss l -> recordLoss(l);
            case Instruction.Allocate a -> allocate(a.buffer());
            case Instruction.Free f ->
                code.addStatement(
                        "context.free($L, $L)",
                        body.place(f.buffer()),
                        f.buffer().reserved());
            case Instruction.Zero z -> zero(z);
            case Instruction.Move m ->
                copy(body.place(m.from()), body.place(m.to()), m.from().type().bytes());
            case Instruction.Deliver d ->
                code.addStatement("inputs.deliver(context, $L, $L)", type(d.logits()), body.place(d.logits()));
        }
    }

    private void allocate(Buffer buffer) {
        String place = body.place(buffer);
        if (body.hasMicrobatch()) {
            code.addStatement(
                    "context.allocate($T.$L, (int) $L, $L, $L)",
                    RuntimeTypes.MEMORY_PART,
                    buffer.part(),
                    body.microbatch(),
                    place,
                    buffer.reserved());
        } else {
            code.addStatement(
                    "context.allocate($T.$L, $L, $L)",
                    RuntimeTypes.MEMORY_PART,
                    buffer.part(),
                    place,
                    buffer.reserved());
        }
    }

    private void begin(Instruction.Begin begin) {
        CodeBlock call = call(begin.exchange(), "begin");
        String name = body.local("exchange");
        onTheWay.put(begin.ticket(), name);
        code.addStatement("var $L = $L", name, call);
    }

    private void exchange(Instruction.Exchange exchange) {
        Communication op = exchange.op();
        Buffer operand = exchange.operand();
        Buffer result = exchange.result();
        switch (op.kind()) {
            case ALL_REDUCE -> {
                String from = body.place(operand);
                String to = body.place(result);
                if (copies(exchange)) {
                    copy(from, to, operand.type().bytes());
                }
                String sumOrMax = op.reduction() == Splitting.MAX ? "allReduceMax" : "allReduceSum";
                code.addStatement(
                        "$L.$L($L, $L, $L)",
                        along(op.axis()),
                        sumOrMax,
                        type(operand),
                        to,
                        operand.type().elements());
            }
            case ALL_GATHER, REDUCE_SCATTER, ALL_TO_ALL -> code.addStatement(call(exchange, ""));
            case SLICE -> {
                String from = body.place(operand);
                String to = body.place(result);
                if (op.mirrored()) {
                    long stretch = result.type().bytes() / 2;
                    slice(op, from, to, stretch);
                    String late =
                            "(" + (2 * op.ways() - 1) + " - " + body.stage().coordinate(op.axis()) + ")";
                    copy(
                            from + " + " + late + " * " + IndexText.constant(stretch),
                            to + " + " + IndexText.constant(stretch),
                            stretch);
                } else {
                    slice(op, from, to, result.type().bytes());
                }
            }
        }
    }

    /** The call of an exchange of one round, or of what begins it. */
    private CodeBlock call(Instruction.Exchange exchange, String begin) {
        Communication op = exchange.op();
        Buffer operand = exchange.operand();
        Buffer result = exchange.result();
        String from = body.place(operand);
        String to = body.place(result);
        CodeBlock along = along(op.axis());
        return switch (op.kind()) {
            case ALL_GATHER ->
                CodeBlock.of(
                        "$L.$L($L, $L, $L, $L)",
                        along,
                        verb(begin, "allGather"),
                        type(operand),
                        from,
                        chunks(op, op.rowsIn(result.type()), result.type().elements()),
                        to);
            case REDUCE_SCATTER ->
                CodeBlock.of(
                        "$L.$L($L, $L, $L, $L)",
                        along,
                        verb(begin, "reduceScatterSum"),
                        type(operand),
                        from,
                        chunks(op, op.rowsOut(operand.type()), operand.type().elements()),
                        to);
            case ALL_TO_ALL ->
                CodeBlock.of(
                        "$L.$L($L, $L, $L, $L, $L, $L)",
                        along,
                        verb(begin, "allToAll"),
                        type(operand),
                        operand.type().elements(),
                        from,
                        op.rowsOut(operand.type()),
                        to,
                        op.rowsIn(result.type()));
            case ALL_REDUCE, SLICE -> throw new IllegalArgumentException(op.label() + " is no call of one round");
        };
    }

    private static String verb(String begin, String verb) {
        return begin.isEmpty() ? verb : begin + Character.toUpperCase(verb.charAt(0)) + verb.substring(1);
    }

    /** How an exchange cuts so many elements; their number says it where they are one row. */
    private static CodeBlock chunks(Communication op, long rows, long elements) {
        if (op.mirrored()) {
            return CodeBlock.of("$T.mirrored($L, $L, $L)", RuntimeTypes.CHUNKS, rows, elements / rows, op.ways());
        }
        return rows == 1
                ? CodeBlock.of("$L", elements)
                : CodeBlock.of("$T.even($L, $L, $L)", RuntimeTypes.CHUNKS, rows, elements / rows, op.ways());
    }

    private void slice(Communication op, String from, String to, long bytes) {
        copy(from + " + " + body.stage().coordinate(op.axis()) + " * " + IndexText.constant(bytes), to, bytes);
    }

    private void copy(String from, String to, long bytes) {
        code.addStatement("context.copy($L, $L, $L)", from, to, bytes);
    }

    private void flat(Instruction.FlatExchange flat) {
        String part = flat.part().name().toLowerCase(Locale.ROOT);
        String whole = body.place(part, flat.whole(), stretch(flat.element(), flat.elements()));
        if (flat.kind() == Communication.Kind.ALL_REDUCE) {
            code.addStatement(
                    "$L.allReduceSum($L, $L, $L)", along(flat.axis()), type(flat.element()), whole, flat.elements());
            return;
        }
        String shard =
                body.place(part + "_shard", flat.shard(), stretch(flat.element(), flat.elements() / flat.ways()));
        switch (flat.kind()) {
            case ALL_GATHER ->
                code.addStatement(
                        "$L.allGather($L, $L, $L, $L)",
                        along(flat.axis()),
                        type(flat.element()),
                        shard,
                        flat.elements(),
                        whole);
            case REDUCE_SCATTER ->
                code.addStatement(
                        "$L.reduceScatterSum($L, $L, $L, $L)",
                        along(flat.axis()),
                        type(flat.element()),
                        whole,
                        flat.elements(),
                        shard);
            case ALL_REDUCE, ALL_TO_ALL, SLICE -> throw new IllegalArgumentException("a flat " + flat.kind());
        }
    }

    private void tied(Instruction.TiedReduce tied) {
        String place = body.place("tied", tied.offset(), stretch(tied.element(), tied.elements()));
        code.addStatement(
                "$L.allReduceSumAmong($T.of($L), $L, $L, $L)",
                along("pipeline"),
                java.util.List.class,
                tied.stages().stream().map(String::valueOf).collect(Collectors.joining(", ")),
                type(tied.element()),
                place,
                tied.elements());
    }

    private void message(String verb, Buffer buffer, String axis, int distance, Channel channel, IndexExpr tag) {
        String place = body.place(buffer);
        // Even tags carry activations, odd ones gradients: messages of the two never meet.
        IndexExpr number = tag.times(Channel.values().length).plus(channel.ordinal());
        code.addStatement(
                "$L.$L($L, $L, $L, $L)", along(axis), verb, place, buffer.type().bytes(), distance, body.print(number));
    }

    private void load(Instruction.Load load) {
        String place = body.place(load.buffer());
        switch (load.source()) {
            case TOKENS,
                    SOURCE_TOKENS,
                    TOKEN_TYPES,
                    SIGNAL,
                    TARGETS,
                    LATENTS,
                    NOISE,
                    TIMES,
                    LABELS,
                    TEXTS,
                    POOLED_TEXTS,
                    GUIDANCE ->
                code.addStatement(
                        "inputs.$L, (int) $L, $L, context, $L)",
                        load.ahead() > 0
                                ? CodeBlock.of("loadAhead($T.$L, $L", RuntimeTypes.GIVEN, load.source(), load.ahead())
                                : CodeBlock.of("load($T.$L", RuntimeTypes.GIVEN, load.source()),
                        body.print(load.microbatch()),
                        type(load.buffer()),
                        place);
            case POSITIONS -> positions(load.buffer(), place);
            case STREAM, FIXED_STREAM, CACHE, SAVED, GRADIENT ->
                throw new IllegalArgumentException("a step is not given its " + load.source());
        }
    }

    private void positions(Buffer buffer, String place) {
        Dim sequence = buffer.type().dims().getFirst();
        long batch = buffer.type().elements() / sequence.bound();
        if (isDecoding(buffer)) {
            code.addStatement("context.writePositions($L, inputs.start(), inputs.tokens(), $L)", place, batch);
        } else {
            code.addStatement("context.writeOwnPositions($L, $L, $L)", place, sequence.bound(), batch);
        }
    }

    /** Whether the length of the sequence is known only when the code runs. */
    static boolean isDecoding(Buffer buffer) {
        return buffer.type().dims().getFirst().extent() instanceof Extent.Bounded;
    }

    private void recordLoss(Instruction.RecordLoss record) {
        Buffer losses = record.losses();
        code.addStatement(
                "context.recordLosses($L, $L, $L, inputs.countedTokens((int) $L))",
                type(losses),
                body.place(losses),
                losses.type().elements(),
                body.print(record.microbatch()));
    }

    private void zero(Instruction.Zero zero) {
        String part = zero.part().name().toLowerCase(Locale.ROOT);
        String place = body.place(part, zero.offset(), stretch(zero.element(), zero.elements()));
        code.addStatement(
                "context.zero($L, $L)", place, zero.elements() * zero.element().bytes());
    }

    private static String stretch(ElementType element, long elements) {
        return element.name().toLowerCase(Locale.ROOT) + "[" + elements + "]";
    }

    private static CodeBlock along(String axis) {
        return CodeBlock.of("context.along($T.$L)", RuntimeTypes.AXIS, axis.toUpperCase(Locale.ROOT));
    }

    private static CodeBlock type(Buffer buffer) {
        return type(buffer.type().element());
    }

    static CodeBlock type(ElementType element) {
        return switch (element) {
            case F32, F64, I32, BF16 -> CodeBlock.of("$T.$L", RuntimeTypes.ELEMENT_TYPE, element);
            case F16 -> throw new IllegalArgumentException("jobs do not compute in " + element);
        };
    }
}
