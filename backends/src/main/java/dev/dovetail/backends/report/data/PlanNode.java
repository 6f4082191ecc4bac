package dev.dovetail.backends.report.data;

import dev.dovetail.ir.units.Bytes;
import dev.dovetail.ir.units.Seconds;
import java.util.List;
import java.util.Optional;

/**
 * A part of the plan and what it costs; the page and the terminal print the same tree.
 *
 * @param detail what sets this part apart, in a few words; may be empty
 * @param time per step, on the ranks that run it
 * @param memory on each rank that holds it
 * @param limit what keeps it from being faster: {@code memory bandwidth}
 */
public record PlanNode(
        String label,
        String detail,
        Optional<Seconds> time,
        Optional<Bytes> memory,
        Optional<String> limit,
        List<PlanNode> children) {

    public PlanNode {
        children = List.copyOf(children);
    }

    public static PlanNode group(String label, String detail, List<PlanNode> children) {
        return new PlanNode(label, detail, Optional.empty(), Optional.empty(), Optional.empty(), children);
    }

    public static PlanNode leaf(String label, String detail) {
        return group(label, detail, List.of());
    }

    public PlanNode withChildren(List<PlanNode> others) {
        return new PlanNode(label, detail, time, memory, limit, others);
    }

    public PlanNode taking(Seconds seconds) {
        return new PlanNode(label, detail, Optional.of(seconds), memory, limit, children);
    }

    public PlanNode holding(Bytes bytes) {
        return new PlanNode(label, detail, time, Optional.of(bytes), limit, children);
    }

    public PlanNode limitedBy(String what) {
        return new PlanNode(label, detail, time, memory, Optional.of(what), children);
    }
}
