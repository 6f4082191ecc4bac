package dev.dovetail.ir.print;

import dev.dovetail.ir.program.Buffer;
import dev.dovetail.ir.program.IndexExpr;
import dev.dovetail.ir.program.Instruction;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Prints one instruction on one line: what is written, from what, and where it lies ({@code y@scratch + 128}). */
final class InstructionPrinter {
    private InstructionPrinter() {}

    static String print(Instruction instruction) {
        return switch (instruction) {
            case Instruction.Compute c -> compute(c);
            case Instruction.Exchange e -> exchange(e);
            case Instruction.Begin b -> "begin " + b.ticket() + ": " + exchange(b.exchange());
            case Instruction.Await a ->
                "await " + a.ticket() + ": " + place(a.exchange().result());
            case Instruction.FlatExchange e -> flat(e);
            case Instruction.TiedReduce t ->
                "all_reduce " + t.elements() + " " + word(t.element()) + " at " + at(t.offset()) + " among stages "
                        + t.stages();
            case Instruction.Send s ->
                "send " + place(s.buffer()) + " to " + peer(s.axis(), s.distance()) + "  " + word(s.channel()) + " "
                        + at(s.tag());
            case Instruction.Receive r ->
                "receive " + place(r.buffer()) + " from " + peer(r.axis(), r.distance()) + "  " + word(r.channel())
                        + " " + at(r.tag());
            case Instruction.Load l ->
                "load " + place(l.buffer()) + "  " + word(l.source()) + (l.ahead() > 0 ? " + " + l.ahead() : "")
                        + " of " + at(l.microbatch());
            case Instruction.RecordLoss r -> "record_loss " + place(r.losses()) + " of " + at(r.microbatch());
            case Instruction.Deliver d -> "deliver " + place(d.logits());
            case Instruction.Allocate a -> "allocate " + memory(a.buffer());
            case Instruction.Free f -> "free " + memory(f.buffer());
            case Instruction.Zero z -> "zero " + z.elements() + " " + word(z.element()) + " at " + at(z.offset());
            case Instruction.Update u -> update(u);
            case Instruction.Move m -> "move " + place(m.from()) + " to " + place(m.to());
        };
    }

    private static String compute(Instruction.Compute c) {
        String results = c.results().stream().map(InstructionPrinter::place).collect(Collectors.joining(", "));
        String call = OperatorPrinter.print(
                c.op(), c.operands().stream().map(InstructionPrinter::place).toList());
        // A launch symbol that the operator does not name is not read.
        String symbols = c.symbols().entrySet().stream()
                .filter(entry -> call.contains(entry.getKey()))
                .map(entry -> " where " + entry.getKey() + " = " + at(entry.getValue()))
                .collect(Collectors.joining());
        return results + " = " + call + symbols + "  " + c.results().getFirst().type();
    }

    private static String exchange(Instruction.Exchange e) {
        return place(e.result()) + " = " + OperatorPrinter.print(e.op(), List.of(place(e.operand()))) + "  "
                + e.result().type();
    }

    private static String flat(Instruction.FlatExchange e) {
        String what = word(e.kind()) + " " + e.elements() + " " + word(e.element());
        String where = " at " + at(e.whole()) + (e.shard().equals(e.whole()) ? "" : ", shard at " + at(e.shard()));
        return what + where + " among " + e.ways() + " " + e.axis();
    }

    private static String update(Instruction.Update u) {
        return "adamw " + u.elements() + " weights at " + at(u.parameters()) + ", gradients at " + at(u.gradients())
                + ", moments at " + at(u.firstMoment()) + " and " + at(u.secondMoment())
                + u.master().map(master -> ", master weights at " + at(master)).orElse("");
    }

    private static String memory(Buffer buffer) {
        return place(buffer) + "  " + buffer.reserved() + " bytes " + word(buffer.part());
    }

    static String place(Buffer buffer) {
        return buffer.name() + "@" + parenthesised(buffer.offset());
    }

    private static String parenthesised(IndexExpr offset) {
        String text = at(offset);
        return text.contains(" ") ? "(" + text + ")" : text;
    }

    static String at(IndexExpr expr) {
        return ExpressionPrinter.print(expr);
    }

    private static String peer(String axis, int distance) {
        return axis + (distance < 0 ? " - " : " + ") + Math.abs(distance);
    }

    private static String word(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }
}
