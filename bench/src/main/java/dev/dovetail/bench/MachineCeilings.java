package dev.dovetail.bench;

import static jdk.incubator.vector.VectorOperators.FMA;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What one core of this machine can do at best: the two numbers every kernel is held against.
 *
 * <p>Scores are per nanosecond. {@code fusedMultiplyAddVectors} counts vectors: times lanes, times two, is GFLOP/s.
 * {@code copyBytes} counts bytes copied: twice that is the memory traffic in GB/s.
 *
 * <pre>
 * mvn -Pbench -Dfast -DskipTests -pl bench -am package
 * java --add-modules jdk.incubator.vector -cp 'bench/target/fast/*:bench/target/fast/lib/*' org.openjdk.jmh.Main MachineCeilings
 * </pre>
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class MachineCeilings {
    private static final VectorSpecies<Float> LANES = FloatVector.SPECIES_PREFERRED;
    private static final int ROUNDS = 1024;
    /** Enough independent chains to hide the latency of one multiply-add, few enough to stay in registers. */
    private static final int CHAINS = 8;

    private static final int MAXIMAL_LANES = 16;
    private static final long COPIED = 64L << 20;

    private final float[] factors = new float[MAXIMAL_LANES];
    private MemorySegment from;
    private MemorySegment to;

    @Setup
    public void allocate() {
        Arena arena = Arena.ofAuto();
        from = arena.allocate(COPIED, 64).fill((byte) 1);
        to = arena.allocate(COPIED, 64);
        Arrays.fill(factors, 1f);
    }

    @TearDown
    public void checkCopy() {
        if (to.get(ValueLayout.JAVA_BYTE, COPIED - 1) != 1) {
            throw new IllegalStateException("the copy is not one");
        }
    }

    @Benchmark
    @OperationsPerInvocation(ROUNDS * CHAINS)
    public float fusedMultiplyAddVectors() {
        FloatVector x = FloatVector.fromArray(LANES, factors, 0);
        FloatVector a = x;
        FloatVector b = x;
        FloatVector c = x;
        FloatVector d = x;
        FloatVector e = x;
        FloatVector f = x;
        FloatVector g = x;
        FloatVector h = x;
        for (int round = 0; round < ROUNDS; round++) {
            a = a.lanewise(FMA, x, x);
            b = b.lanewise(FMA, x, x);
            c = c.lanewise(FMA, x, x);
            d = d.lanewise(FMA, x, x);
            e = e.lanewise(FMA, x, x);
            f = f.lanewise(FMA, x, x);
            g = g.lanewise(FMA, x, x);
            h = h.lanewise(FMA, x, x);
        }
        return a.add(b).add(c.add(d)).add(e.add(f).add(g.add(h))).lane(0);
    }

    @Benchmark
    @OperationsPerInvocation((int) COPIED)
    public byte copyBytes() {
        to.copyFrom(from);
        return to.get(ValueLayout.JAVA_BYTE, COPIED - 1);
    }
}
