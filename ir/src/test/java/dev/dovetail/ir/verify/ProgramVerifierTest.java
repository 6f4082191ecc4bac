package dev.dovetail.ir.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.ir.program.Buffer;
import dev.dovetail.ir.program.IndexExpr;
import dev.dovetail.ir.program.Instruction;
import dev.dovetail.ir.program.Program;
import dev.dovetail.ir.program.RankClass;
import dev.dovetail.ir.program.Schedule;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** A correct program passes; each planted fault is found and called by its name. */
class ProgramVerifierTest {

    @Test
    void aCorrectProgramBreaksNoRule() {
        assertEquals(List.of(), ProgramVerifier.verify(TwoStageProgram.program(), 0.97));
    }

    @Test
    void thePeakIsTheWholeArena() {
        Program program = TwoStageProgram.program();
        assertEquals(program.classes().stream().map(RankClass::arenaBytes).toList(), ProgramVerifier.peaks(program));
    }

    private static void finds(Rule rule, int stage, String body, Program program) {
        var violations = ProgramVerifier.verify(program);
        assertTrue(
                violations.stream()
                        .anyMatch(v -> v.rule() == rule
                                && v.stage() == stage
                                && v.body().equals(body)),
                () -> rule + " at stage " + stage + " " + body + " expected, found " + violations);
    }

    private static Program change(
            int stage, String body, Predicate<Instruction> which, UnaryOperator<Instruction> change) {
        var changed = new int[1];
        Program program = TwoStageProgram.mutated(
                stage,
                body,
                instructions -> instructions.stream()
                        .map(i -> {
                            if (!which.test(i)) {
                                return i;
                            }
                            changed[0]++;
                            return change.apply(i);
                        })
                        .toList());
        assertTrue(changed[0] > 0, "the mutation hit nothing");
        return program;
    }

    private static Program drop(int stage, String body, Predicate<Instruction> which) {
        Program program = TwoStageProgram.mutated(
                stage, body, list -> list.stream().filter(which.negate()).toList());
        assertFalse(program.equals(TwoStageProgram.program()), "the mutation hit nothing");
        return program;
    }

    private static Buffer at(Buffer buffer, long distance) {
        return new Buffer(
                buffer.name(), buffer.type(), buffer.part(), buffer.offset().plus(distance));
    }

    private static boolean allocates(Instruction instruction, String name) {
        return instruction instanceof Instruction.Allocate a
                && a.buffer().name().equals(name);
    }

    @Test
    void aDroppedSendLeavesItsReceiverWaiting() {
        Program program = drop(0, "forward", i -> i instanceof Instruction.Send);
        finds(Rule.MESSAGES_MATCH, 1, "forward", program);
        finds(Rule.NO_DEADLOCK, 1, "forward", program);
    }

    @Test
    void aDroppedReceiveLeavesAMessageAndReadsNothing() {
        Program program = drop(1, "forward", i -> i instanceof Instruction.Receive);
        finds(Rule.MESSAGES_MATCH, 0, "forward", program);
        finds(Rule.WRITTEN_BEFORE_READ, 1, "forward", program);
    }

    @Test
    void swappedTagsAreOutOfOrder() {
        // Micro-batches 0 and 1 change places at the sender alone.
        Program program = change(0, "forward", i -> i instanceof Instruction.Send, i -> {
            var send = (Instruction.Send) i;
            var swapped = new IndexExpr.Lookup(List.of(1L, 0L, 2L), send.tag());
            return new Instruction.Send(send.buffer(), send.axis(), send.distance(), send.channel(), swapped);
        });
        finds(Rule.MESSAGES_MATCH, 1, "forward", program);
    }

    @Test
    void aMessageOfAnotherShapeIsNamed() {
        Program program = change(1, "backward", i -> i instanceof Instruction.Send, i -> {
            var send = (Instruction.Send) i;
            Buffer small = shrunk(send.buffer());
            return new Instruction.Send(small, send.axis(), send.distance(), send.channel(), send.tag());
        });
        finds(Rule.MESSAGES_MATCH, 0, "backward", program);
    }

    private static Buffer shrunk(Buffer buffer) {
        var type =
                buffer.type().withExtent(buffer.type().dims().getFirst().name(), dev.dovetail.ir.tensor.Extent.of(8));
        return new Buffer(buffer.name(), type, buffer.part(), buffer.offset());
    }

    @Test
    void aShrunkBufferIsUsedBeyondItsEnd() {
        Program program = change(
                0,
                "forward",
                i -> allocates(i, "y"),
                i -> new Instruction.Allocate(shrunk(((Instruction.Allocate) i).buffer())));
        finds(Rule.ALLOCATED_WHEN_USED, 0, "forward", program);
        finds(Rule.FREED, 0, "forward", program);
    }

    @Test
    void readingBeforeWritingIsNamed() {
        finds(Rule.WRITTEN_BEFORE_READ, 0, "forward", drop(0, "forward", i -> i instanceof Instruction.Load));
        finds(Rule.WRITTEN_BEFORE_READ, 1, "backward", drop(1, "zero_gradients", i -> i instanceof Instruction.Zero));
    }

    @Test
    void overlappingOffsetsAreNamed() {
        Program program = change(
                1,
                "backward",
                i -> allocates(i, "dw"),
                i -> new Instruction.Allocate(at(((Instruction.Allocate) i).buffer(), -64)));
        finds(Rule.NO_OVERLAP, 1, "backward", program);
    }

    @Test
    void aSlotReusedTooEarlyIsNamed() {
        // One slot where two micro-batches are alive.
        Program program = TwoStageProgram.mutated(
                0,
                "forward",
                list -> list.stream()
                        .map(i -> i instanceof Instruction.Allocate a
                                        && a.buffer().name().equals("x")
                                ? new Instruction.Allocate(new Buffer(
                                        "x", a.buffer().type(), a.buffer().part(), IndexExpr.of(4096)))
                                : i)
                        .toList());
        finds(Rule.NO_OVERLAP, 0, "forward", program);
    }

    @Test
    void whatIsNeverFreedIsNamed() {
        finds(
                Rule.FREED,
                0,
                "forward",
                drop(
                        0,
                        "backward",
                        i -> i instanceof Instruction.Free f
                                && f.buffer().name().equals("x")));
    }

    @Test
    void anOffsetPastTheArenaIsNamed() {
        Program program = change(
                0,
                "forward",
                i -> allocates(i, "y"),
                i -> new Instruction.Allocate(at(((Instruction.Allocate) i).buffer(), 1 << 20)));
        finds(Rule.INSIDE_ARENA, 0, "forward", program);
    }

    @Test
    void anUnalignedOffsetIsNamed() {
        Program program = change(
                0,
                "forward",
                i -> allocates(i, "y"),
                i -> new Instruction.Allocate(at(((Instruction.Allocate) i).buffer(), 4)));
        finds(Rule.ALIGNED, 0, "forward", program);
    }

    @Test
    void aProductWrittenOverItsOperandIsNamed() {
        Program program = change(
                0,
                "backward",
                i -> i instanceof Instruction.Compute c
                        && c.results().getFirst().name().equals("dw"),
                i -> {
                    var compute = (Instruction.Compute) i;
                    var over = compute.operands().get(1);
                    var result = new Buffer("dw", compute.results().getFirst().type(), over.part(), over.offset());
                    return new Instruction.Compute(compute.op(), compute.operands(), List.of(result), Map.of());
                });
        finds(Rule.IN_PLACE, 0, "backward", program);
    }

    @Test
    void anExchangeAmongTheWrongNumberOfRanksIsNamed() {
        Program program = change(0, "update", i -> i instanceof Instruction.FlatExchange, i -> {
            var e = (Instruction.FlatExchange) i;
            return new Instruction.FlatExchange(
                    e.kind(), e.axis(), 4, e.element(), e.part(), e.whole(), e.shard(), e.elements());
        });
        finds(Rule.EXCHANGES_AGREE, 0, "update", program);
    }

    @Test
    void aBranchOnTheDataCoordinateIsNamed() {
        Program program = TwoStageProgram.program();
        RankClass rank = program.classes().getFirst();
        Schedule branch = new Schedule.Choose(new IndexExpr.Coordinate("data"), List.of(rank.step(), rank.step()));
        var parts = new ArrayList<>(program.classes());
        parts.set(
                0,
                new RankClass(
                        rank.name(),
                        0,
                        rank.arenaBytes(),
                        rank.memory(),
                        rank.persistent(),
                        rank.bodies(),
                        branch,
                        rank.evaluate(),
                        rank.state()));
        finds(
                Rule.EXCHANGES_AGREE,
                0,
                "",
                new Program("branching", program.mesh(), program.element(), 3, 1, 16, parts));
    }

    @Test
    void aTiedSumThatOnlyOneStageTakesPartInIsNamed() {
        Program program = TwoStageProgram.mutated(0, "update", list -> {
            var more = new ArrayList<>(list);
            more.addFirst(new Instruction.TiedReduce(
                    List.of(0, 1),
                    program().element(),
                    dev.dovetail.ir.program.MemoryPart.GRADIENTS,
                    IndexExpr.of(1024),
                    256));
            return more;
        });
        finds(Rule.EXCHANGES_AGREE, 0, "update", program);
        finds(Rule.NO_DEADLOCK, 0, "update", program);
    }

    private static Program program() {
        return TwoStageProgram.program();
    }

    @Test
    void anArenaLargerThanThePeakIsNamed() {
        Program program = TwoStageProgram.program();
        var parts = program.classes().stream()
                .map(rank -> new RankClass(
                        rank.name(),
                        rank.stage(),
                        rank.arenaBytes() * 11 / 10,
                        rank.memory(),
                        rank.persistent(),
                        rank.bodies(),
                        rank.step(),
                        rank.evaluate(),
                        rank.state()))
                .toList();
        var roomy = new Program("roomy", program.mesh(), program.element(), 3, 1, 16, parts);
        assertEquals(
                List.of(Rule.PEAK, Rule.PEAK),
                ProgramVerifier.verify(roomy, 0.97).stream()
                        .map(Violation::rule)
                        .toList());
    }
}
