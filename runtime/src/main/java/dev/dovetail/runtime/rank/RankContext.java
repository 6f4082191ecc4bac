package dev.dovetail.runtime.rank;

import dev.dovetail.runtime.collective.Communicator;
import dev.dovetail.runtime.memory.DeviceMemory;
import dev.dovetail.runtime.memory.ElementType;
import dev.dovetail.runtime.memory.HostMemory;
import dev.dovetail.runtime.memory.MemoryLedger;
import dev.dovetail.runtime.memory.MemoryPart;
import dev.dovetail.runtime.memory.RankArena;
import dev.dovetail.runtime.memory.RankMemory;
import dev.dovetail.runtime.memory.TieredMemory;
import dev.dovetail.runtime.mesh.Axis;
import dev.dovetail.runtime.mesh.Position;
import dev.dovetail.runtime.mesh.Stretches;
import dev.dovetail.runtime.time.Clock;
import dev.dovetail.runtime.transport.Exchange;
import dev.dovetail.runtime.transport.Traffic;
import dev.dovetail.runtime.transport.Transport;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.Map;

/** Everything a rank's code may see: its memory, its place, its peers, its time. There is nothing else. */
public final class RankContext {
    private final Position position;
    private final RankArena arena;
    private final Transport transport;
    private final Workers workers;
    private final Clock clock;
    private final PlantedBugs bugs;
    private final Traffic traffic = new Traffic();
    private final EventRecorder events;
    private final LossTally loss;
    private final Map<Axis, Communicator> communicators = new HashMap<>();

    public RankContext(
            Position position, RankArena arena, Transport transport, Workers workers, Clock clock, PlantedBugs bugs) {
        this.position = position;
        this.arena = arena;
        this.transport = transport;
        this.workers = workers;
        this.clock = clock;
        this.bugs = bugs;
        this.events = new EventRecorder(clock, arena.memory()::finish);
        this.loss = new LossTally(position);
    }

    /** The arena, wherever it is: of the solved size, zero at the start. */
    public RankMemory memory() {
        return arena.memory();
    }

    /** The arena of a rank that computes on this processor: one segment, 64-byte aligned. */
    public MemorySegment hostMemory() {
        return near() instanceof HostMemory host ? host.segment() : wrongPlace("on a device");
    }

    /** The arena of a rank that computes on a device. */
    public DeviceMemory device() {
        return near() instanceof DeviceMemory device ? device : wrongPlace("in this process");
    }

    /** Without what lies beside it. */
    private RankMemory near() {
        return arena.memory() instanceof TieredMemory tiered ? tiered.near() : arena.memory();
    }

    private <T> T wrongPlace(String where) {
        throw new IllegalStateException(position + " has its memory " + where + ", and its kernels run elsewhere");
    }

    /** Copies within the arena, or between it and what lies beside it, which is accounted for as traffic. */
    public void copy(long from, long to, long bytes) {
        long capacity = ledger().capacity();
        if (from < capacity && to < capacity) {
            arena.memory().copy(from, to, bytes);
            return;
        }
        Exchange move = from < capacity ? Exchange.PUT_AWAY : Exchange.FETCH;
        long began = clock.nanoTime();
        arena.memory().copy(from, to, bytes);
        traffic.sent(Axis.OFFLOAD, move, bytes, 0);
        traffic.spent(Axis.OFFLOAD, move, clock.nanoTime() - began);
    }

    /** Sets a stretch of the arena to zero. */
    public void zero(long offset, long bytes) {
        arena.memory().zero(offset, bytes);
    }

    /** The threads of this rank. */
    public Workers workers() {
        return workers;
    }

    public Position position() {
        return position;
    }

    /** This rank's coordinate along {@code axis}; 0 if the mesh lacks it. */
    public int coordinate(Axis axis) {
        return position.coordinate(axis);
    }

    /** Ranks along {@code axis}; 1 if the mesh lacks it. */
    public int size(Axis axis) {
        return position.mesh().size(axis);
    }

    /** The wires to the ranks that differ from this one along {@code axis}; the same object for each call. */
    public Communicator along(Axis axis) {
        return communicators.computeIfAbsent(
                axis,
                key -> new Communicator(
                        key, position, arena.memory(), transport, traffic, clock, () -> bugs.dropsContribution(key)));
    }

    /** Says that {@code bytes} at {@code offset} hold something of {@code microbatch} from here on. */
    public void allocate(MemoryPart part, int microbatch, long offset, long bytes) {
        arena.allocate(part, microbatch, offset, bytes);
    }

    /** Says that {@code bytes} at {@code offset} are in use from here on, for no particular micro-batch. */
    public void allocate(MemoryPart part, long offset, long bytes) {
        arena.allocate(part, MemoryLedger.NO_MICROBATCH, offset, bytes);
    }

    /** Says that what was allocated at {@code offset} is no longer needed. */
    public void free(long offset, long bytes) {
        arena.free(offset, bytes);
    }

    /** Adds to the loss of this step: a sum of cross-entropies in nats, and over how many tokens. */
    public void recordLoss(double sum, long tokens) {
        loss.record(sum, tokens);
    }

    /**
     * Adds the losses of one micro-batch to the loss of this step.
     *
     * @param offset of {@code count} cross-entropies in nats, one a token
     * @param tokens how many of them count; those that do not are 0
     */
    public void recordLosses(ElementType type, long offset, long count, long tokens) {
        MemorySegment losses = memory().view(offset, count * type.bytes());
        double sum = 0;
        for (long i = 0; i < count; i++) {
            sum += type.number(losses, i);
        }
        recordLoss(sum, tokens);
    }

    /** Writes the absolute position of each token: int32 [sequence length, sequences], counting from {@code first}. */
    public void writePositions(long offset, long first, int length, long sequences) {
        writePositions(offset, Stretches.from(first, length), sequences);
    }

    /** As above for those {@code length} positions of each sequence that this rank has. */
    public void writeOwnPositions(long offset, int length, long sequences) {
        writePositions(offset, position.stretches(length * position.mesh().context()), sequences);
    }

    private void writePositions(long offset, Stretches stretches, long sequences) {
        memory().edit(offset, 4L * stretches.count() * sequences, positions -> {
            for (long i = 0; i < stretches.count() * sequences; i++) {
                positions.set(ValueLayout.JAVA_INT, 4 * i, (int) stretches.at(i / sequences));
            }
        });
    }

    public LossTally loss() {
        return loss;
    }

    public EventRecorder events() {
        return events;
    }

    public MemoryLedger ledger() {
        return arena.ledger();
    }

    public Traffic traffic() {
        return traffic;
    }

    public Clock clock() {
        return clock;
    }
}
