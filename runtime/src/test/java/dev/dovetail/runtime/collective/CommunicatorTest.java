package dev.dovetail.runtime.collective;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.runtime.collective.RankGroup.Wiring;
import dev.dovetail.runtime.memory.ElementType;
import dev.dovetail.runtime.mesh.Axis;
import dev.dovetail.runtime.transport.Exchange;
import dev.dovetail.runtime.transport.Traffic;
import dev.dovetail.runtime.transport.TransportException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class CommunicatorTest {
    private static final ElementType[] FLOATS = {ElementType.F32, ElementType.F64};

    static Stream<Arguments> groups() {
        List<Arguments> all = new ArrayList<>();
        for (int ranks : new int[] {1, 2, 3, 4, 7}) {
            for (int count : new int[] {0, 1, 3, 8, 61, 1000}) {
                for (ElementType type : FLOATS) {
                    all.add(Arguments.of(ranks, count, type));
                }
            }
        }
        return all.stream();
    }

    @ParameterizedTest
    @MethodSource("groups")
    void allReduceGivesEveryRankTheSumInRankOrderAndSendsWhatTheFormulaSays(int ranks, int count, ElementType type) {
        double[] expected = sumInRankOrder(ranks, count, type);
        record Result(double[] sum, Traffic.Row sent) {}
        List<Result> results = RankGroup.run(Wiring.THREADS, ranks, 8 * count + 64, m -> {
            fill(m.memory(), 0, type, values(m.rank(), count));
            m.communicator().allReduceSum(type, 0, count);
            return new Result(read(m.memory(), 0, type, count), m.traffic().row(Axis.DATA, Exchange.ALL_REDUCE));
        });
        for (int rank = 0; rank < ranks; rank++) {
            assertArrayEquals(expected, results.get(rank).sum(), "rank " + rank);
            long own = Chunks.even(count, ranks).count(rank);
            long elements = ranks == 1 ? 0 : (count - own) + own * (ranks - 1);
            assertEquals(elements * type.bytes(), results.get(rank).sent().payloadBytes(), "bytes of rank " + rank);
        }
        long total = results.stream().mapToLong(r -> r.sent().payloadBytes()).sum();
        assertEquals(2L * (ranks - 1) * count * type.bytes(), total, "2 (n-1)/n of the buffer per rank");
    }

    @ParameterizedTest
    @MethodSource("groups")
    void reduceScatterThenAllGatherIsAllReduceBitForBit(int ranks, int count, ElementType type) {
        List<double[]> results = RankGroup.run(Wiring.THREADS, ranks, 8 * count + 64, m -> {
            fill(m.memory(), 0, type, values(m.rank(), count));
            Chunks chunks = Chunks.even(count, ranks);
            long own = chunks.start(m.rank()) * type.bytes();
            m.communicator().reduceScatterSum(type, 0, count, own);
            m.communicator().allGather(type, own, count, 0);
            long sent = m.traffic().row(Axis.DATA, Exchange.REDUCE_SCATTER).payloadBytes();
            assertEquals((count - chunks.count(m.rank())) * type.bytes(), sent);
            long gathered = m.traffic().row(Axis.DATA, Exchange.ALL_GATHER).payloadBytes();
            assertEquals(chunks.count(m.rank()) * (ranks - 1) * type.bytes(), gathered);
            return read(m.memory(), 0, type, count);
        });
        results.forEach(sum -> assertArrayEquals(sumInRankOrder(ranks, count, type), sum));
    }

    @Test
    void chunkBordersNeverChangeASum() {
        int count = 997;
        double[] even = RankGroup.run(Wiring.THREADS, 4, 8 * count, m -> {
                    fill(m.memory(), 0, ElementType.F32, values(m.rank(), count));
                    m.communicator().allReduceSum(ElementType.F32, 0, count);
                    return read(m.memory(), 0, ElementType.F32, count);
                })
                .getFirst();
        Chunks uneven = new Chunks(1, List.of(900L, 0L, 1L, 96L));
        double[] other = RankGroup.run(Wiring.THREADS, 4, 8 * count, m -> {
                    fill(m.memory(), 0, ElementType.F32, values(m.rank(), count));
                    long own = uneven.start(m.rank()) * 4;
                    m.communicator().reduceScatterSum(ElementType.F32, 0, uneven, own);
                    m.communicator().allGather(ElementType.F32, own, uneven, 0);
                    return read(m.memory(), 0, ElementType.F32, count);
                })
                .getFirst();
        assertArrayEquals(even, other);
    }

    @ParameterizedTest
    @EnumSource(Wiring.class)
    void everyWiringGivesTheSameBitsAndTheSamePayload(Wiring wiring) {
        int count = 300_000;
        record Result(double[] sum, long payload, long framing) {}
        List<Result> results = RankGroup.run(wiring, 3, 4 * count, m -> {
            fill(m.memory(), 0, ElementType.F32, values(m.rank(), count));
            m.communicator().allReduceSum(ElementType.F32, 0, count);
            Traffic.Row row = m.traffic().row(Axis.DATA, Exchange.ALL_REDUCE);
            return new Result(read(m.memory(), 0, ElementType.F32, count), row.payloadBytes(), row.framingBytes());
        });
        for (Result result : results) {
            assertArrayEquals(sumInRankOrder(3, count, ElementType.F32), result.sum());
            assertEquals(4L * 4 * count / 3, result.payload());
            assertEquals(wiring == Wiring.THREADS, result.framing() == 0, "only sockets frame messages");
        }
    }

    @Test
    void columnsOfAMatrixAreScatteredAndGatheredWithoutCopiesByHand() {
        int rows = 5;
        int width = 7;
        List<double[]> results = RankGroup.run(Wiring.THREADS, 3, 4096, m -> {
            fill(m.memory(), 0, ElementType.F64, values(m.rank(), rows * width));
            Chunks columns = Chunks.even(rows, width, 3);
            m.communicator().reduceScatterSum(ElementType.F64, 0, columns, 1024);
            double[] own = read(m.memory(), 1024, ElementType.F64, (int) columns.elements(m.rank()));
            m.communicator().allGather(ElementType.F64, 1024, columns, 2048);
            assertArrayEquals(
                    sumInRankOrder(3, rows * width, ElementType.F64),
                    read(m.memory(), 2048, ElementType.F64, rows * width));
            return own;
        });
        double[] sum = sumInRankOrder(3, rows * width, ElementType.F64);
        Chunks columns = Chunks.even(rows, width, 3);
        for (int rank = 0; rank < 3; rank++) {
            int from = (int) columns.start(rank);
            int taken = (int) columns.count(rank);
            for (int row = 0; row < rows; row++) {
                assertArrayEquals(
                        Arrays.copyOfRange(sum, row * width + from, row * width + from + taken),
                        Arrays.copyOfRange(results.get(rank), row * taken, (row + 1) * taken));
            }
        }
    }

    @Test
    void allReduceMaxTakesTheLargest() {
        List<double[]> results = RankGroup.run(Wiring.THREADS, 4, 1024, m -> {
            fill(m.memory(), 0, ElementType.F64, values(m.rank(), 50));
            m.communicator().allReduceMax(ElementType.F64, 0, 50);
            return read(m.memory(), 0, ElementType.F64, 50);
        });
        for (int i = 0; i < 50; i++) {
            double most = Double.NEGATIVE_INFINITY;
            for (int rank = 0; rank < 4; rank++) {
                most = Math.max(most, values(rank, 50)[i]);
            }
            assertEquals(most, results.getLast()[i]);
        }
    }

    @Test
    void broadcastCopiesFromItsRoot() {
        List<double[]> results = RankGroup.run(Wiring.THREADS, 3, 1024, m -> {
            fill(m.memory(), 0, ElementType.F64, values(m.rank(), 9));
            m.communicator().broadcast(0, 72, 2);
            return read(m.memory(), 0, ElementType.F64, 9);
        });
        results.forEach(result -> assertArrayEquals(values(2, 9), result));
    }

    @Test
    void allToAllBringsPieceJOfRankIToPieceIOfRankJ() {
        int ranks = 3;
        // Rank i sends i + j + 1 elements to rank j.
        List<double[]> results = RankGroup.run(Wiring.THREADS, ranks, 4096, m -> {
            List<Long> counts =
                    Stream.of(0, 1, 2).map(j -> (long) m.rank() + j + 1).toList();
            Chunks chunks = new Chunks(1, counts);
            double[] out = new double[(int) chunks.total()];
            for (int j = 0; j < ranks; j++) {
                for (int k = 0; k < chunks.count(j); k++) {
                    out[(int) chunks.start(j) + k] = 100 * m.rank() + 10 * j + k;
                }
            }
            fill(m.memory(), 0, ElementType.F64, out);
            m.communicator().allToAll(ElementType.F64, 0, chunks, 2048, chunks);
            return read(m.memory(), 2048, ElementType.F64, out.length);
        });
        for (int j = 0; j < ranks; j++) {
            int at = 0;
            for (int i = 0; i < ranks; i++) {
                for (int k = 0; k < i + j + 1; k++) {
                    assertEquals(100 * i + 10 * j + k, results.get(j)[at++]);
                }
            }
        }
    }

    /** Three on their way at once while ranks meet; nothing is put in its place before it is awaited, in whatever order. */
    @ParameterizedTest
    @EnumSource(Wiring.class)
    void whatIsBegunTravelsWhileRanksGoOn(Wiring wiring) {
        List<double[]> results = RankGroup.run(wiring, 2, 1024, m -> {
            Communicator peers = m.communicator();
            fill(m.memory(), 0, ElementType.F64, new double[] {10 * m.rank(), 10 * m.rank() + 1});
            var exchanged = peers.beginAllToAll(ElementType.F64, 2, 0, 1, 64, 1);
            var gathered = peers.beginAllGather(ElementType.F64, 0, 4, 128);
            var reduced = peers.beginReduceScatterSum(ElementType.F64, 0, 2, 192);
            peers.barrier();
            assertArrayEquals(new double[2], read(m.memory(), 64, ElementType.F64, 2));
            gathered.await();
            exchanged.await();
            reduced.await();
            double[] all = new double[7];
            System.arraycopy(read(m.memory(), 64, ElementType.F64, 2), 0, all, 0, 2);
            System.arraycopy(read(m.memory(), 128, ElementType.F64, 4), 0, all, 2, 4);
            System.arraycopy(read(m.memory(), 192, ElementType.F64, 1), 0, all, 6, 1);
            return all;
        });
        assertArrayEquals(new double[] {0, 10, 0, 1, 10, 11, 10}, results.get(0));
        assertArrayEquals(new double[] {1, 11, 0, 1, 10, 11, 12}, results.get(1));
    }

    @ParameterizedTest
    @EnumSource(Wiring.class)
    void messagesAreFoundByTagAndStayInOrderWithinOne(Wiring wiring) {
        List<double[]> results = RankGroup.run(wiring, 2, 1024, m -> {
            if (m.rank() == 0) {
                for (int i = 0; i < 4; i++) {
                    fill(m.memory(), 0, ElementType.F64, new double[] {i});
                    m.communicator().send(0, 8, +1, i % 2);
                }
                return new double[0];
            }
            m.communicator().receive(0, 8, -1, 1);
            m.communicator().receive(8, 8, -1, 0);
            m.communicator().receive(16, 8, -1, 0);
            m.communicator().receive(24, 8, -1, 1);
            return read(m.memory(), 0, ElementType.F64, 4);
        });
        assertArrayEquals(new double[] {1, 0, 2, 3}, results.get(1));
    }

    @Test
    void peersWrapAround() {
        List<double[]> results = RankGroup.run(Wiring.THREADS, 3, 64, m -> {
            fill(m.memory(), 0, ElementType.F64, new double[] {m.rank()});
            m.communicator().send(0, 8, +1, 0);
            m.communicator().receive(8, 8, -1, 0);
            return read(m.memory(), 8, ElementType.F64, 1);
        });
        assertEquals(2, results.get(0)[0]);
        assertEquals(0, results.get(1)[0]);
        assertEquals(1, results.get(2)[0]);
    }

    @Test
    void aMessageOfTheWrongSizeNamesBothRanks() {
        TransportException failure = assertThrows(
                TransportException.class,
                () -> RankGroup.run(Wiring.THREADS, 2, 64, m -> {
                    if (m.rank() == 0) {
                        m.communicator().receive(0, 16, +1, 7);
                    } else {
                        m.communicator().send(0, 8, -1, 7);
                    }
                    return 0;
                }));
        assertTrue(
                failure.getMessage()
                        .contains("rank 0 received 8 bytes from rank 1 (send 7 along data) where 16 were expected"),
                failure.getMessage());
    }

    // --- values -----------------------------------------------------------------------------------------------------

    private static double[] values(int rank, int count) {
        SplittableRandom random = new SplittableRandom(31 + rank);
        return random.doubles(count, -1, 1)
                .map(v -> (float) v * (1 + 1e6 * (rank % 2)))
                .map(v -> (float) v)
                .toArray();
    }

    private static double[] sumInRankOrder(int ranks, int count, ElementType type) {
        double[] sum = values(0, count);
        for (int rank = 1; rank < ranks; rank++) {
            double[] next = values(rank, count);
            for (int i = 0; i < count; i++) {
                sum[i] = type == ElementType.F32 ? (float) sum[i] + (float) next[i] : sum[i] + next[i];
            }
        }
        return sum;
    }

    private static void fill(MemorySegment memory, long offset, ElementType type, double[] values) {
        for (int i = 0; i < values.length; i++) {
            if (type == ElementType.F32) {
                memory.set(ValueLayout.JAVA_FLOAT, offset + 4L * i, (float) values[i]);
            } else {
                memory.set(ValueLayout.JAVA_DOUBLE, offset + 8L * i, values[i]);
            }
        }
    }

    private static double[] read(MemorySegment memory, long offset, ElementType type, int count) {
        double[] values = new double[count];
        for (int i = 0; i < count; i++) {
            values[i] = type == ElementType.F32
                    ? memory.get(ValueLayout.JAVA_FLOAT, offset + 4L * i)
                    : memory.get(ValueLayout.JAVA_DOUBLE, offset + 8L * i);
        }
        return values;
    }
}
