package dev.dovetail.backends.report.trace;

import dev.dovetail.ir.program.Body;
import dev.dovetail.ir.program.Buffer;
import dev.dovetail.ir.program.Instruction;
import dev.dovetail.ir.program.RankClass;
import dev.dovetail.ir.timing.Timeline;
import dev.dovetail.ir.units.Bytes;
import dev.dovetail.ir.units.Seconds;
import java.util.ArrayList;
import java.util.List;

/**
 * Memory in use on a rank over the time of a step.
 *
 * @param lane the rank's place in the timeline it belongs to
 */
public record MemoryCurve(int lane, List<Point> points) {

    /** From this time on, this much. */
    public record Point(Seconds time, Bytes bytes) {}

    public MemoryCurve {
        points = List.copyOf(points);
    }

    /**
     * What a rank of this class holds while the virtual clock runs its step: the peak inside each body from its begin, what
     * it leaves behind from its end.
     */
    public static MemoryCurve of(int lane, RankClass rank, Timeline.Stage stage) {
        long held = rank.persistent().stream().mapToLong(Buffer::reserved).sum();
        var points = new ArrayList<Point>();
        points.add(new Point(Seconds.ZERO, Bytes.of(held)));
        for (Timeline.Event event : stage.events()) {
            Use use = Use.of(rank.body(event.body()));
            if (use.most() != 0 || use.left() != 0) {
                points.add(new Point(event.begin(), Bytes.of(held + use.most())));
                held += use.left();
                points.add(new Point(event.end(), Bytes.of(held)));
            }
        }
        return new MemoryCurve(lane, points);
    }

    /** Bytes a body adds at most, and in the end. */
    private record Use(long most, long left) {
        static Use of(Body body) {
            long now = 0;
            long most = 0;
            for (Instruction instruction : body.instructions()) {
                now += change(instruction);
                most = Math.max(most, now);
            }
            return new Use(most, now);
        }

        private static long change(Instruction instruction) {
            if (instruction instanceof Instruction.Allocate allocate) {
                return allocate.buffer().reserved();
            }
            return instruction instanceof Instruction.Free free ? -free.buffer().reserved() : 0;
        }
    }
}
