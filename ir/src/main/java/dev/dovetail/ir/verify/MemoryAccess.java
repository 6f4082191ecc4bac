package dev.dovetail.ir.verify;

import dev.dovetail.ir.job.Precision;
import dev.dovetail.ir.op.CacheWrite;
import dev.dovetail.ir.op.Communication;
import dev.dovetail.ir.op.MapOp;
import dev.dovetail.ir.program.Buffer;
import dev.dovetail.ir.program.IndexExpr;
import dev.dovetail.ir.program.Instruction;
import java.util.ArrayList;
import java.util.List;

/** One stretch of memory that an instruction touches, in the order in which it does. */
record MemoryAccess(Kind kind, String name, IndexExpr offset, long bytes) {

    enum Kind {
        ALLOCATE,
        FREE,
        READ,
        WRITE,
        /** Written while operands are still read: may be the same stretch as one, never part of one. */
        WRITE_BESIDE_OPERANDS,
        /** Written while operands are still read, in an order of its own: shares nothing with any. */
        WRITE_APART,
        /** Read from now on until it lands. */
        DEPART,
        /** Written at any time from now on until it lands. */
        APPROACH,
        /** Free to be used again. */
        LAND
    }

    static List<MemoryAccess> of(Instruction instruction) {
        return switch (instruction) {
            case Instruction.Compute c -> compute(c);
            case Instruction.Exchange e -> List.of(read(e.operand()), buffer(exchanged(e.op().kind()), e.result()));
            case Instruction.Begin b ->
                List.of(
                        buffer(Kind.DEPART, b.exchange().operand()),
                        buffer(Kind.APPROACH, b.exchange().result()));
            case Instruction.Await a ->
                List.of(
                        buffer(Kind.LAND, a.exchange().operand()),
                        buffer(Kind.LAND, a.exchange().result()));
            case Instruction.FlatExchange e -> flat(e);
            case Instruction.TiedReduce t -> {
                long bytes = t.elements() * t.element().bytes();
                yield List.of(
                        new MemoryAccess(Kind.READ, "tied", t.offset(), bytes),
                        new MemoryAccess(Kind.WRITE, "tied", t.offset(), bytes));
            }
            case Instruction.Send s -> List.of(read(s.buffer()));
            case Instruction.Receive r -> List.of(buffer(Kind.WRITE, r.buffer()));
            case Instruction.Load l -> List.of(buffer(Kind.WRITE, l.buffer()));
            case Instruction.RecordLoss r -> List.of(read(r.losses()));
            case Instruction.Deliver d -> List.of(read(d.logits()));
            case Instruction.Allocate a -> List.of(buffer(Kind.ALLOCATE, a.buffer()));
            case Instruction.Free f -> List.of(buffer(Kind.FREE, f.buffer()));
            case Instruction.Zero z ->
                List.of(new MemoryAccess(
                        Kind.WRITE,
                        "zeros",
                        z.offset(),
                        z.elements() * z.element().bytes()));
            case Instruction.Update u -> update(u);
            case Instruction.Move m -> List.of(read(m.from()), buffer(Kind.WRITE_APART, m.to()));
        };
    }

    private static Kind exchanged(Communication.Kind kind) {
        return kind == Communication.Kind.ALL_TO_ALL ? Kind.WRITE_APART : Kind.WRITE_BESIDE_OPERANDS;
    }

    private static MemoryAccess read(Buffer buffer) {
        return buffer(Kind.READ, buffer);
    }

    private static MemoryAccess buffer(Kind kind, Buffer buffer) {
        boolean whole = kind == Kind.ALLOCATE || kind == Kind.FREE;
        return new MemoryAccess(
                kind,
                buffer.name(),
                buffer.offset(),
                whole ? buffer.reserved() : buffer.type().bytes());
    }

    private static List<MemoryAccess> compute(Instruction.Compute compute) {
        var accesses = new ArrayList<MemoryAccess>();
        compute.operands().forEach(operand -> accesses.add(read(operand)));
        boolean elementwise = compute.op() instanceof MapOp || compute.op() instanceof CacheWrite;
        Kind kind = elementwise ? Kind.WRITE_BESIDE_OPERANDS : Kind.WRITE_APART;
        compute.results().forEach(result -> accesses.add(buffer(kind, result)));
        return accesses;
    }

    private static List<MemoryAccess> flat(Instruction.FlatExchange e) {
        long bytes = e.elements() * e.element().bytes();
        long chunk = bytes / e.ways();
        return switch (e.kind()) {
            case ALL_REDUCE ->
                List.of(
                        new MemoryAccess(Kind.READ, "whole", e.whole(), bytes),
                        new MemoryAccess(Kind.WRITE, "whole", e.whole(), bytes));
            case REDUCE_SCATTER ->
                List.of(
                        new MemoryAccess(Kind.READ, "whole", e.whole(), bytes),
                        new MemoryAccess(Kind.WRITE, "shard", e.shard(), chunk));
            case ALL_GATHER, ALL_TO_ALL, SLICE ->
                List.of(
                        new MemoryAccess(Kind.READ, "shard", e.shard(), chunk),
                        new MemoryAccess(Kind.WRITE, "whole", e.whole(), bytes));
        };
    }

    private static List<MemoryAccess> update(Instruction.Update u) {
        Precision precision = u.precision();
        var both = new ArrayList<MemoryAccess>();
        var gradients = new MemoryAccess(
                Kind.READ,
                "gradients",
                u.gradients(),
                u.elements() * precision.gradient().bytes());
        long state = u.elements() * precision.state().bytes();
        long weights = u.elements() * precision.compute().bytes();
        for (Kind kind : List.of(Kind.READ, Kind.WRITE)) {
            if (kind == Kind.WRITE || u.master().isEmpty()) {
                both.add(new MemoryAccess(kind, "weights", u.parameters(), weights));
            }
            both.add(new MemoryAccess(kind, "first moment", u.firstMoment(), state));
            both.add(new MemoryAccess(kind, "second moment", u.secondMoment(), state));
            u.master()
                    .ifPresent(master -> both.add(new MemoryAccess(
                            kind,
                            "master weights",
                            master,
                            u.elements() * precision.master().bytes())));
        }
        both.addFirst(gradients);
        return both;
    }
}
