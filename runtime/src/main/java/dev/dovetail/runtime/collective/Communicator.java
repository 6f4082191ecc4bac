package dev.dovetail.runtime.collective;

import dev.dovetail.runtime.memory.ElementType;
import dev.dovetail.runtime.memory.RankMemory;
import dev.dovetail.runtime.mesh.Axis;
import dev.dovetail.runtime.mesh.Position;
import dev.dovetail.runtime.time.Clock;
import dev.dovetail.runtime.transport.Buffer;
import dev.dovetail.runtime.transport.Exchange;
import dev.dovetail.runtime.transport.MessageTag;
import dev.dovetail.runtime.transport.Traffic;
import dev.dovetail.runtime.transport.Transport;
import dev.dovetail.runtime.transport.TransportException;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * What a rank says to the ranks that differ from it along one axis: point-to-point messages and collectives.
 *
 * <p>Offsets are bytes into the rank's arena, counts are elements. Peers are relative ({@code +1} is the next coordinate)
 * and wrap around. Every rank of the group must call the same collectives in the same order; a tag tells concurrent
 * point-to-point messages apart, and messages of one tag stay in order.
 *
 * <p>Collectives are direct exchanges: each rank sends chunk j to rank j, whose owner adds the parts in rank order, and
 * gathers what is reduced. That moves the least bytes possible, (n-1)/n of the buffer each way, and the order of a sum
 * never depends on where chunks begin, so that sharded and replicated optimizers give equal bits.
 *
 * <p>It is one class because all collectives share the group's tags, counters and order of sums.
 */
public final class Communicator {
    /** Number of every exchange among some ranks of a group only. */
    private static final long AMONG = -1;

    private final Axis axis;
    private final RankMemory memory;
    private final Transport transport;
    private final Parcels parcels;
    private final Traffic traffic;
    private final Clock clock;
    private final BooleanSupplier dropped;
    private final List<Integer> group;
    private final int self;
    private long sequence;

    /** @param dropped whether this rank's part of a sum is left out just now: a fault that tests plant */
    public Communicator(
            Axis axis,
            Position position,
            RankMemory memory,
            Transport transport,
            Traffic traffic,
            Clock clock,
            BooleanSupplier dropped) {
        this.axis = axis;
        this.memory = memory;
        this.transport = transport;
        this.parcels = new Parcels(memory, transport);
        this.traffic = traffic;
        this.clock = clock;
        this.dropped = dropped;
        this.group = position.group(axis);
        this.self = position.coordinate(axis);
    }

    public Axis axis() {
        return axis;
    }

    /** Ranks in the group. */
    public int size() {
        return group.size();
    }

    /** This rank's place in the group. */
    public int coordinate() {
        return self;
    }

    // --- point to point ---------------------------------------------------------------------------------------------

    /** Sends {@code bytes} at {@code offset} to the peer {@code distance} further; never waits for it. */
    public void send(long offset, long bytes, int distance, long tag) {
        long begin = clock.nanoTime();
        MessageTag message = new MessageTag(axis, Exchange.SEND, tag);
        post(Math.floorMod(self + distance, size()), message, parcels.copyOut(offset, bytes));
        traffic.spent(axis, Exchange.SEND, clock.nanoTime() - begin);
    }

    /** Waits for {@code bytes} from the peer {@code distance} further and puts them at {@code offset}. */
    public void receive(long offset, long bytes, int distance, long tag) {
        long begin = clock.nanoTime();
        MessageTag message = new MessageTag(axis, Exchange.SEND, tag);
        Buffer arrived = await(Math.floorMod(self + distance, size()), message, bytes);
        parcels.copyIn(arrived, offset);
        traffic.spent(axis, Exchange.SEND, clock.nanoTime() - begin);
    }

    // --- collectives ------------------------------------------------------------------------------------------------

    /** Replaces {@code count} elements at {@code offset} by their sum over the group, on every rank. */
    public void allReduceSum(ElementType type, long offset, long count) {
        allReduce(Reduction.SUM, type, offset, count);
    }

    /** Replaces {@code count} elements at {@code offset} by their maximum over the group, on every rank. */
    public void allReduceMax(ElementType type, long offset, long count) {
        allReduce(Reduction.MAX, type, offset, count);
    }

    /**
     * Replaces {@code count} elements at {@code offset} by their sum over the ranks at {@code coordinates}, on those ranks:
     * a tensor that a few pipeline stages share. Only they call it; each sends all of its part to the others.
     */
    public void allReduceSumAmong(List<Integer> coordinates, ElementType type, long offset, long count) {
        // The other ranks of the group do not count this call, so it takes no number; one pair's messages stay in
        // order.
        Operation operation = new Operation(new MessageTag(axis, Exchange.ALL_REDUCE, AMONG), clock.nanoTime());
        for (int peer : coordinates) {
            if (peer != self) {
                post(peer, operation.tag(), parcels.copyOut(offset, count * type.bytes()));
            }
        }
        Buffer sum = wholePart(operation, type, offset, count, coordinates.getFirst());
        for (int peer : coordinates.subList(1, coordinates.size())) {
            Buffer next = wholePart(operation, type, offset, count, peer);
            Reduction.SUM.apply(type, sum.bytes(), next.bytes());
            next.release();
        }
        parcels.copyIn(sum, offset);
        end(operation);
    }

    private Buffer wholePart(Operation operation, ElementType type, long offset, long count, int peer) {
        long bytes = count * type.bytes();
        return peer == self ? parcels.copyOut(offset, bytes) : await(peer, operation.tag(), bytes);
    }

    public void allReduce(Reduction reduction, ElementType type, long offset, long count) {
        if (size() == 1) {
            return;
        }
        Chunks chunks = Chunks.even(count, size());
        long own = offset + chunks.start(self) * type.bytes();
        Operation operation = begin(Exchange.ALL_REDUCE);
        scatterReduce(operation, reduction, type, offset, chunks, own);
        operation = operation.next();
        gather(operation, type, own, chunks, offset);
        end(operation);
    }

    /**
     * Sums a buffer over the group and leaves each rank its chunk: chunk j of the sum goes to rank j.
     *
     * @param source the whole buffer, {@code chunks.outer()} rows of {@code chunks.total()} elements
     * @param destination where this rank's chunk goes, dense; may be its place inside an undivided source
     */
    public void reduceScatterSum(ElementType type, long source, Chunks chunks, long destination) {
        checkParts(chunks);
        Operation operation = begin(Exchange.REDUCE_SCATTER);
        scatterReduce(operation, Reduction.SUM, type, source, chunks, destination);
        end(operation);
    }

    /** As above with {@code count} elements cut evenly ({@link Chunks#even(long, int)}). */
    public void reduceScatterSum(ElementType type, long source, long count, long destination) {
        reduceScatterSum(type, source, Chunks.even(count, size()), destination);
    }

    /**
     * Gives every rank the chunks of all.
     *
     * @param source this rank's chunk, dense; may be its place inside an undivided destination
     * @param destination the whole buffer, {@code chunks.outer()} rows of {@code chunks.total()} elements
     */
    public void allGather(ElementType type, long source, Chunks chunks, long destination) {
        checkParts(chunks);
        Operation operation = begin(Exchange.ALL_GATHER);
        gather(operation, type, source, chunks, destination);
        end(operation);
    }

    /** As above with {@code count} elements in all, cut evenly ({@link Chunks#even(long, int)}). */
    public void allGather(ElementType type, long source, long count, long destination) {
        allGather(type, source, Chunks.even(count, size()), destination);
    }

    /** Copies {@code bytes} at {@code offset} from the rank at coordinate {@code root} to all. */
    public void broadcast(long offset, long bytes, int root) {
        Operation operation = begin(Exchange.BROADCAST);
        if (self == root) {
            for (int peer = 0; peer < size(); peer++) {
                if (peer != self) {
                    post(peer, operation.tag(), parcels.copyOut(offset, bytes));
                }
            }
        } else {
            parcels.copyIn(await(root, operation.tag(), bytes), offset);
        }
        end(operation);
    }

    /**
     * Sends piece j of the source to rank j and lines up what comes back in rank order.
     *
     * @param outgoing elements for each rank, one after the other at {@code source}
     * @param incoming elements from each rank, one after the other at {@code destination}; the buffers do not overlap
     */
    public void allToAll(ElementType type, long source, Chunks outgoing, long destination, Chunks incoming) {
        checkParts(outgoing);
        checkParts(incoming);
        Operation operation = begin(Exchange.ALL_TO_ALL);
        sendPieces(operation, type, source, outgoing);
        takePieces(operation, type, source, outgoing, destination, incoming);
        end(operation);
    }

    private void sendPieces(Operation operation, ElementType type, long source, Chunks outgoing) {
        for (int step = 1; step < size(); step++) {
            int peer = (self + step) % size();
            post(peer, operation.tag(), parcels.pack(type, source, outgoing, peer));
        }
    }

    private void takePieces(
            Operation operation, ElementType type, long source, Chunks outgoing, long destination, Chunks incoming) {
        for (int peer = 0; peer < size(); peer++) {
            Buffer piece = peer == self
                    ? parcels.pack(type, source, outgoing, self)
                    : await(peer, operation.tag(), incoming.elements(peer) * type.bytes());
            parcels.unpack(type, piece, destination, incoming, peer);
        }
    }

    /**
     * As above with {@code count} elements, seen as rows of equal length that are cut evenly among the ranks.
     *
     * @param rowsOut rows of the source
     * @param rowsIn rows of the destination
     */
    public void allToAll(ElementType type, long count, long source, long rowsOut, long destination, long rowsIn) {
        allToAll(
                type,
                source,
                Chunks.even(rowsOut, count / rowsOut, size()),
                destination,
                Chunks.even(rowsIn, count / rowsIn, size()));
    }

    // --- exchanges that are begun and awaited apart ------------------------------------------------------------------

    /**
     * An exchange on its way: what this rank gives is with the transport, which moves it while the rank goes on. What it takes is put
     * in its place by {@link #await}.
     */
    public final class InFlight {
        private final Operation operation;
        private final Runnable arrive;

        private InFlight(Operation operation, Runnable arrive) {
            this.operation = operation;
            this.arrive = arrive;
            end(operation);
        }

        /** Waits for what the others gave; once. */
        public void await() {
            long begin = clock.nanoTime();
            arrive.run();
            traffic.spent(axis, operation.tag().exchange(), clock.nanoTime() - begin);
        }
    }

    /** As {@link #allToAll(ElementType, long, long, long, long, long)}, up to where it would wait. */
    public InFlight beginAllToAll(
            ElementType type, long count, long source, long rowsOut, long destination, long rowsIn) {
        Chunks outgoing = Chunks.even(rowsOut, count / rowsOut, size());
        Chunks incoming = Chunks.even(rowsIn, count / rowsIn, size());
        Operation operation = begin(Exchange.ALL_TO_ALL);
        sendPieces(operation, type, source, outgoing);
        return new InFlight(operation, () -> takePieces(operation, type, source, outgoing, destination, incoming));
    }

    /** As {@link #allGather(ElementType, long, Chunks, long)}, up to where it would wait. */
    public InFlight beginAllGather(ElementType type, long source, Chunks chunks, long destination) {
        checkParts(chunks);
        Operation operation = begin(Exchange.ALL_GATHER);
        give(operation, type, source, chunks, destination);
        return new InFlight(operation, () -> gatherPieces(operation, type, chunks, destination));
    }

    /** As above with {@code count} elements in all, cut evenly. */
    public InFlight beginAllGather(ElementType type, long source, long count, long destination) {
        return beginAllGather(type, source, Chunks.even(count, size()), destination);
    }

    /** As {@link #reduceScatterSum(ElementType, long, Chunks, long)}, up to where it would wait. */
    public InFlight beginReduceScatterSum(ElementType type, long source, Chunks chunks, long destination) {
        checkParts(chunks);
        Operation operation = begin(Exchange.REDUCE_SCATTER);
        scatter(operation, Reduction.SUM, type, source, chunks);
        return new InFlight(operation, () -> reduce(operation, Reduction.SUM, type, source, chunks, destination));
    }

    /** As above with {@code count} elements cut evenly. */
    public InFlight beginReduceScatterSum(ElementType type, long source, long count, long destination) {
        return beginReduceScatterSum(type, source, Chunks.even(count, size()), destination);
    }

    /** Returns when every rank of the group has come here. */
    public void barrier() {
        Operation operation = begin(Exchange.CONTROL);
        for (int peer = 0; peer < size(); peer++) {
            if (peer != self) {
                post(peer, operation.tag(), transport.take(0));
            }
        }
        for (int peer = 0; peer < size(); peer++) {
            if (peer != self) {
                await(peer, operation.tag(), 0).release();
            }
        }
        end(operation);
    }

    // --- the algorithms ---------------------------------------------------------------------------------------------

    /** One call of a collective: its tag, unique in the order of calls, and when it began. */
    private record Operation(MessageTag tag, long begin) {
        Operation next() {
            return new Operation(new MessageTag(tag.axis(), tag.exchange(), tag.number() + 1), begin);
        }
    }

    private Operation begin(Exchange exchange) {
        long number = sequence;
        sequence += 2;
        return new Operation(new MessageTag(axis, exchange, number), clock.nanoTime());
    }

    private void end(Operation operation) {
        traffic.spent(axis, operation.tag().exchange(), clock.nanoTime() - operation.begin());
    }

    /** Chunk j of every rank goes to rank j, which adds them in rank order (its own in its turn). */
    private void scatterReduce(
            Operation operation, Reduction reduction, ElementType type, long source, Chunks chunks, long destination) {
        scatter(operation, reduction, type, source, chunks);
        reduce(operation, reduction, type, source, chunks, destination);
    }

    private void scatter(Operation operation, Reduction reduction, ElementType type, long source, Chunks chunks) {
        for (int step = 1; step < size(); step++) {
            int peer = (self + step) % size();
            if (chunks.elements(peer) > 0) {
                post(peer, operation.tag(), contribution(reduction, type, source, chunks, peer));
            }
        }
    }

    private void reduce(
            Operation operation, Reduction reduction, ElementType type, long source, Chunks chunks, long destination) {
        if (chunks.elements(self) == 0) {
            return;
        }
        // A sum of two does not depend on their order, so rank 0 may begin with what rank 1 sent and copy nothing of
        // its own.
        int first = self == 0 && size() > 1 ? 1 : 0;
        Buffer sum = part(operation, reduction, type, source, chunks, first);
        for (int peer = 0; peer < size(); peer++) {
            if (peer == self && peer != first && isPlain(reduction, chunks)) {
                long own = source + chunks.start(self) * type.bytes();
                reduction.apply(type, sum.bytes(), memory.view(own, sum.size()));
            } else if (peer != first) {
                Buffer next = part(operation, reduction, type, source, chunks, peer);
                reduction.apply(type, sum.bytes(), next.bytes());
                next.release();
            }
        }
        parcels.copyIn(sum, destination);
    }

    /** Whether this rank's own part can be read where it is. */
    private boolean isPlain(Reduction reduction, Chunks chunks) {
        return chunks.outer() == 1 && !chunks.mirrored() && !isDropped(reduction);
    }

    private boolean isDropped(Reduction reduction) {
        return reduction == Reduction.SUM && dropped.getAsBoolean();
    }

    private Buffer part(
            Operation operation, Reduction reduction, ElementType type, long source, Chunks chunks, int peer) {
        return peer == self
                ? contribution(reduction, type, source, chunks, self)
                : await(peer, operation.tag(), chunks.elements(self) * type.bytes());
    }

    private Buffer contribution(Reduction reduction, ElementType type, long source, Chunks chunks, int peer) {
        Buffer part = parcels.pack(type, source, chunks, peer);
        if (isDropped(reduction)) {
            part.bytes().fill((byte) 0);
        }
        return part;
    }

    private void gather(Operation operation, ElementType type, long source, Chunks chunks, long destination) {
        give(operation, type, source, chunks, destination);
        gatherPieces(operation, type, chunks, destination);
    }

    /** This rank's chunk goes to all others, and to its place here. */
    private void give(Operation operation, ElementType type, long source, Chunks chunks, long destination) {
        long own = chunks.elements(self) * type.bytes();
        if (own > 0) {
            for (int step = 1; step < size(); step++) {
                post((self + step) % size(), operation.tag(), parcels.copyOut(source, own));
            }
            boolean inPlace = chunks.outer() == 1
                    && !chunks.mirrored()
                    && source == destination + chunks.start(self) * type.bytes();
            if (!inPlace) {
                parcels.unpack(type, parcels.copyOut(source, own), destination, chunks, self);
            }
        }
    }

    private void gatherPieces(Operation operation, ElementType type, Chunks chunks, long destination) {
        for (int peer = 0; peer < size(); peer++) {
            if (peer != self && chunks.elements(peer) > 0) {
                Buffer piece = await(peer, operation.tag(), chunks.elements(peer) * type.bytes());
                parcels.unpack(type, piece, destination, chunks, peer);
            }
        }
    }

    // --- bytes ------------------------------------------------------------------------------------------------------

    private void post(int peer, MessageTag tag, Buffer message) {
        traffic.sent(axis, tag.exchange(), message.size(), transport.framingBytes(tag));
        transport.send(group.get(peer), tag, message);
    }

    private Buffer await(int peer, MessageTag tag, long bytes) {
        Buffer message = transport.receive(group.get(peer), tag);
        if (message.size() != bytes) {
            throw new TransportException(
                    TransportException.Kind.PROTOCOL,
                    "rank " + transport.rank() + " received " + message.size() + " bytes from rank " + group.get(peer)
                            + " (" + tag + ") where " + bytes + " were expected",
                    "the ranks' programs disagree; this is a bug of the plan, please report it");
        }
        return message;
    }

    private void checkParts(Chunks chunks) {
        if (chunks.parts() != size()) {
            throw new IllegalArgumentException(
                    chunks.parts() + " chunks for " + size() + " ranks along " + axis + ": " + chunks);
        }
    }
}
