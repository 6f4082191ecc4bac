package dev.dovetail.ir.verify;

import dev.dovetail.ir.program.Body;
import dev.dovetail.ir.program.Buffer;
import dev.dovetail.ir.program.CompiledIndex;
import dev.dovetail.ir.program.Instruction;
import dev.dovetail.ir.program.MemoryPart;
import dev.dovetail.ir.program.RankClass;
import dev.dovetail.ir.program.Schedule;
import dev.dovetail.ir.program.ScheduleWalk;
import dev.dovetail.ir.program.ScheduleWalk.CallSite;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Runs one rank's schedule on sets of bytes instead of bytes: which are allocated, and which hold something.
 *
 * <p>Weights, optimizer state and caches hold something when a step begins; gradients and scratch do not.
 */
final class MemoryChecker {
    private final RankClass rank;
    private final ViolationCollector violations;
    private final ByteIntervals usable = new ByteIntervals();
    private final ByteIntervals written = new ByteIntervals();
    private final TreeMap<Long, Allocation> allocations = new TreeMap<>();
    private final List<InFlight> flights = new ArrayList<>();
    private long allocated;
    private long peak;

    private record Allocation(String name, long end, String body, int instruction) {}

    /** A stretch that an exchange reads, or writes, while the rank goes on. */
    private record InFlight(String name, long from, long to, boolean arrives) {}

    /** An access of one instruction at one call site. */
    private record PlacedAccess(int instruction, MemoryAccess access, CompiledIndex offset) {}

    private MemoryChecker(RankClass rank, ViolationCollector violations) {
        this.rank = rank;
        this.violations = violations;
        for (Buffer region : rank.persistent()) {
            long from = region.offset().evaluate(Map.of(), Map.of());
            long bytes = region.type().bytes();
            inside("", -1, region.name(), from, bytes);
            usable.add(from, from + bytes);
            allocated += isFar(from) ? 0 : bytes;
            // Gradients beside the arena are zeroes at the start, and every step leaves zeroes there.
            boolean begins =
                    region.part() == MemoryPart.GRADIENTS ? isFar(from) : region.part() != MemoryPart.WORKSPACE;
            if (begins) {
                written.add(from, from + bytes);
            }
        }
        peak = allocated;
    }

    /** Checks one run of a schedule by the rank at {@code coordinates}; returns the most bytes alive at once. */
    static long check(
            RankClass rank, Schedule schedule, Map<String, Integer> coordinates, ViolationCollector violations) {
        var checker = new MemoryChecker(rank, violations);
        var walk = new ScheduleWalk(rank, schedule, coordinates);
        var sites = walk.sites().stream()
                .map(site -> placed(site, walk.coordinates()))
                .toList();
        walk.forEachCall((site, variables, choice) -> checker.call(site.body(), sites.get(site.number()), variables));
        checker.leftovers();
        return checker.peak;
    }

    private static List<PlacedAccess> placed(CallSite site, Map<String, Integer> coordinates) {
        var accesses = new ArrayList<PlacedAccess>();
        List<Instruction> instructions = site.body().instructions();
        for (int i = 0; i < instructions.size(); i++) {
            for (MemoryAccess access : MemoryAccess.of(instructions.get(i))) {
                accesses.add(new PlacedAccess(i, access, site.compile(access.offset(), coordinates)));
            }
        }
        return accesses;
    }

    private void call(Body body, List<PlacedAccess> accesses, long[] variables) {
        int instruction = -1;
        var reads = new ArrayList<long[]>();
        for (PlacedAccess placed : accesses) {
            if (placed.instruction() != instruction) {
                instruction = placed.instruction();
                reads.clear();
            }
            MemoryAccess access = placed.access();
            long from = placed.offset().at(variables);
            long to = from + access.bytes();
            if (!inside(body.name(), instruction, access.name(), from, access.bytes())) {
                continue;
            }
            inFlight(body, instruction, access, from, to);
            switch (access.kind()) {
                case DEPART -> {
                    read(body, instruction, access.name(), from, to);
                    reads.add(new long[] {from, to});
                    flights.add(new InFlight(access.name(), from, to, false));
                }
                case APPROACH -> {
                    apart(body, instruction, access.name(), new long[] {from, to}, reads, false);
                    write(body, instruction, access.name(), from, to);
                    flights.add(new InFlight(access.name(), from, to, true));
                }
                case LAND -> flights.remove(landing(from, to));
                case ALLOCATE -> allocate(body, instruction, access.name(), from, to);
                case FREE -> free(body, instruction, access.name(), from, to);
                case READ -> {
                    read(body, instruction, access.name(), from, to);
                    reads.add(new long[] {from, to});
                }
                case WRITE -> write(body, instruction, access.name(), from, to);
                case WRITE_BESIDE_OPERANDS, WRITE_APART -> {
                    boolean mayBeSame = access.kind() == MemoryAccess.Kind.WRITE_BESIDE_OPERANDS;
                    apart(body, instruction, access.name(), new long[] {from, to}, reads, mayBeSame);
                    write(body, instruction, access.name(), from, to);
                }
            }
        }
    }

    /** What travels is not written, what arrives not touched. */
    private void inFlight(Body body, int instruction, MemoryAccess access, long from, long to) {
        boolean onlyReads = access.kind() == MemoryAccess.Kind.READ || access.kind() == MemoryAccess.Kind.DEPART;
        if (access.kind() == MemoryAccess.Kind.LAND) {
            return;
        }
        for (InFlight flight : flights) {
            if (from < flight.to() && flight.from() < to && (flight.arrives() || !onlyReads)) {
                report(
                        Rule.IN_FLIGHT,
                        body,
                        instruction,
                        access.kind() + " of " + access.name() + " at " + range(from, to) + ", while " + flight.name()
                                + " (" + range(flight.from(), flight.to()) + ") is on its way");
            }
        }
    }

    private InFlight landing(long from, long to) {
        return flights.stream()
                .filter(flight -> flight.from() == from && flight.to() == to)
                .findFirst()
                .orElse(new InFlight("nothing", from, to, false));
    }

    private boolean inside(String body, int instruction, String name, long from, long bytes) {
        boolean inside = from >= 0 && from + bytes <= (isFar(from) ? rank.reachableBytes() : rank.arenaBytes());
        if (!inside) {
            String message = name + " takes " + range(from, from + bytes) + " of an arena of " + rank.arenaBytes();
            violations.add(Rule.INSIDE_ARENA, rank.stage(), body, instruction, message);
        }
        return inside;
    }

    /** What lies beside the arena takes none of it. */
    private boolean isFar(long from) {
        return from >= rank.arenaBytes();
    }

    private void allocate(Body body, int instruction, String name, long from, long to) {
        if (from % Buffer.ALIGNMENT != 0) {
            report(Rule.ALIGNED, body, instruction, name + " starts at " + from);
        }
        if (usable.containsAny(from, to)) {
            report(
                    Rule.NO_OVERLAP,
                    body,
                    instruction,
                    name + " takes " + range(from, to) + ", where " + holder(from, to) + " lies");
        }
        allocations.put(from, new Allocation(name, to, body.name(), instruction));
        usable.add(from, to);
        written.remove(from, to);
        allocated += isFar(from) ? 0 : to - from;
        peak = Math.max(peak, allocated);
    }

    private String holder(long from, long to) {
        var last = allocations.lowerEntry(to);
        return last != null && last.getValue().end() > from
                ? last.getValue().name() + " ("
                        + range(last.getKey(), last.getValue().end()) + ")"
                : "persistent state";
    }

    private void free(Body body, int instruction, String name, long from, long to) {
        Allocation allocation = allocations.get(from);
        if (allocation == null || allocation.end() != to) {
            String there = allocation == null ? "nothing" : allocation.name() + " of " + (allocation.end() - from);
            report(
                    Rule.FREED,
                    body,
                    instruction,
                    "frees " + name + " at " + range(from, to) + ", where " + there + " lies");
            return;
        }
        allocations.remove(from);
        usable.remove(from, to);
        written.remove(from, to);
        allocated -= isFar(from) ? 0 : to - from;
    }

    private void read(Body body, int instruction, String name, long from, long to) {
        use(body, instruction, name, from, to);
        if (!written.containsAll(from, to)) {
            report(
                    Rule.WRITTEN_BEFORE_READ,
                    body,
                    instruction,
                    "reads " + name + " at " + range(from, to) + ", but byte " + written.firstMissing(from, to)
                            + " was never written");
            // Said once; what follows from it is not news.
            written.add(from, to);
        }
    }

    private void write(Body body, int instruction, String name, long from, long to) {
        use(body, instruction, name, from, to);
        written.add(from, to);
    }

    private void use(Body body, int instruction, String name, long from, long to) {
        if (!usable.containsAll(from, to)) {
            long byteOutside = usable.firstMissing(from, to);
            report(
                    Rule.ALLOCATED_WHEN_USED,
                    body,
                    instruction,
                    "uses " + name + " at " + range(from, to) + ", but byte " + byteOutside + " is not allocated");
        }
    }

    private void apart(Body body, int instruction, String name, long[] result, List<long[]> reads, boolean mayBeSame) {
        for (long[] read : reads) {
            boolean same = read[0] == result[0] && read[1] == result[1];
            boolean overlaps = read[0] < result[1] && result[0] < read[1];
            if (overlaps && !(same && mayBeSame)) {
                report(
                        Rule.IN_PLACE,
                        body,
                        instruction,
                        "writes " + name + " at " + range(result[0], result[1]) + " over its operand at "
                                + range(read[0], read[1]));
            }
        }
    }

    private void leftovers() {
        allocations.forEach((from, left) -> violations.add(
                Rule.FREED,
                rank.stage(),
                left.body(),
                left.instruction(),
                left.name() + " at " + range(from, left.end()) + " is never freed"));
    }

    private void report(Rule rule, Body body, int instruction, String message) {
        violations.add(rule, rank.stage(), body.name(), instruction, message);
    }

    private static String range(long from, long to) {
        return "bytes " + from + " to " + to;
    }
}
