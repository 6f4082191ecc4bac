package dev.dovetail.ir.print;

import dev.dovetail.ir.program.Body;
import dev.dovetail.ir.program.MeshShape;
import dev.dovetail.ir.program.Program;
import dev.dovetail.ir.program.RankClass;
import dev.dovetail.ir.program.Schedule;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Prints a program as {@code --emit=program} shows it: for each stage its memory, its schedules as indented loops, and its
 * bodies, one line an instruction. Offsets are bytes into the arena; peers are neighbours along the mesh.
 */
public final class ProgramPrinter {
    private final List<String> lines = new ArrayList<>();
    /** The stage that a body was printed at, so that equal bodies are printed once. */
    private final Map<Body, Integer> printed = new HashMap<>();

    private ProgramPrinter() {}

    public static String print(Program program) {
        var printer = new ProgramPrinter();
        printer.program(program);
        return String.join("\n", printer.lines) + "\n";
    }

    private void program(Program program) {
        String mesh = program.mesh().axes().entrySet().stream()
                .map(axis -> axis.getKey() + " " + axis.getValue())
                .collect(Collectors.joining(", "));
        String parts = Stream.of(
                        MeshShape.CONTEXT,
                        MeshShape.SHARD,
                        MeshShape.EXPERT,
                        MeshShape.EXPERT_TOKENS,
                        MeshShape.EXPERT_WEIGHTS)
                .filter(part -> program.mesh().size(part) > 1)
                .map(part -> " of which " + part + " " + program.mesh().size(part))
                .collect(Collectors.joining());
        lines.add("program " + program.name() + ": " + mesh + parts + "; " + program.microbatches() + " x "
                + program.microbatch() + " sequences of " + program.sequence() + " tokens, "
                + program.element().name().toLowerCase(Locale.ROOT));
        program.classes().forEach(this::rank);
    }

    private void rank(RankClass rank) {
        lines.add("");
        lines.add("stage " + rank.stage() + ": arena of " + rank.arenaBytes() + " bytes");
        rank.memory().forEach((part, bytes) -> line(1, part.name().toLowerCase(Locale.ROOT) + " " + bytes));
        rank.persistent()
                .forEach(region -> line(
                        1,
                        "keep " + InstructionPrinter.place(region) + "  "
                                + region.type().bytes() + " bytes"));
        line(1, "step");
        schedule(rank.step(), 2);
        line(1, "evaluate");
        schedule(rank.evaluate(), 2);
        rank.bodies().forEach(body -> body(rank, body));
    }

    private void schedule(Schedule schedule, int depth) {
        switch (schedule) {
            case Schedule.Sequence s -> s.parts().forEach(part -> schedule(part, depth));
            case Schedule.Repeat r -> {
                line(depth, "repeat " + r.variable() + " < " + r.count());
                schedule(r.body(), depth + 1);
            }
            case Schedule.Let l -> {
                line(depth, "let " + l.variable() + " = " + ExpressionPrinter.print(l.value()));
                schedule(l.body(), depth);
            }
            case Schedule.Choose c -> {
                line(depth, "choose " + ExpressionPrinter.print(c.selector()));
                for (int i = 0; i < c.cases().size(); i++) {
                    line(depth + 1, "case " + i);
                    schedule(c.cases().get(i), depth + 2);
                }
            }
            case Schedule.Call c ->
                line(
                        depth,
                        c.body()
                                + c.arguments().entrySet().stream()
                                        .map(a -> a.getKey() + " = " + ExpressionPrinter.print(a.getValue()))
                                        .collect(Collectors.joining(", ", "(", ")")));
        }
    }

    private void body(RankClass rank, Body body) {
        Integer before = printed.putIfAbsent(body, rank.stage());
        String head = "body " + body.name() + "(" + String.join(", ", body.parameters()) + ")  "
                + body.activity().name().toLowerCase(Locale.ROOT);
        if (before != null) {
            line(1, head + ", as in stage " + before);
            return;
        }
        line(1, head);
        body.instructions().forEach(instruction -> line(2, InstructionPrinter.print(instruction)));
    }

    private void line(int depth, String text) {
        lines.add("  ".repeat(depth) + text);
    }
}
