package dev.dovetail.bench;

import dev.dovetail.backends.cpu.KernelCatalog;
import dev.dovetail.backends.cpu.KernelTask;
import dev.dovetail.backends.cpu.compile.KernelCompiler;
import dev.dovetail.backends.cpu.compile.KernelLoader;
import dev.dovetail.backends.cpu.machine.Ceilings;
import dev.dovetail.backends.cpu.machine.CpuAtHand;
import dev.dovetail.ir.op.MatMul;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.TensorType;
import dev.dovetail.runtime.rank.Workers;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Generated single-precision matrix products on one core, against the multiply-add peak measured in the same process.
 *
 * <p>The score is products a second. The counter {@code seconds} adds up how long they would take at the peak; per second of time
 * that is the share of the peak.
 *
 * <pre>
 * mvn -Pbench -Dfast -DskipTests -pl bench -am package
 * java --add-modules jdk.incubator.vector -cp 'bench/target/fast/*:bench/target/fast/lib/*' org.openjdk.jmh.Main MatMulSpeed
 * </pre>
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class MatMulSpeed {
    /** Rows, depth and columns. */
    @Param({"512x512x512", "1024x1024x1024", "2048x2048x2048", "1024x128x512", "1024x512x128", "4096x128x128"})
    public String shape;

    private Arena arena;
    private Workers workers;
    private MemorySegment memory;
    private Runnable product;
    private long result;
    private double expected;
    private double secondsAtPeak;

    /** How long the work would take at the peak, summed over what was done. */
    @State(Scope.Thread)
    @AuxCounters(AuxCounters.Type.OPERATIONS)
    public static class AtPeak {
        public double seconds;

        @Setup(Level.Iteration)
        public void clear() {
            seconds = 0;
        }
    }

    @Setup
    public void generate() {
        String[] sizes = shape.split("x", -1);
        Dim m = Dim.of("m", Long.parseLong(sizes[0]));
        Dim k = Dim.of("k", Long.parseLong(sizes[1]));
        Dim n = Dim.of("n", Long.parseLong(sizes[2]));
        TensorType left = TensorType.of(ElementType.F32, m, k);
        TensorType right = TensorType.of(ElementType.F32, k, n);
        var task = new KernelTask.Operator(new MatMul(List.of("m", "n")), List.of(left, right));
        var catalog = new KernelCatalog(CpuAtHand.target());
        var kernel = new KernelLoader(catalog, new KernelCompiler(System.getProperty("java.class.path"))).load(task);
        arena = Arena.ofShared();
        workers = Workers.single();
        long rightAt = left.bytes();
        result = rightAt + right.bytes();
        memory = arena.allocate(result + task.results().getFirst().bytes(), 64);
        for (long at = 0; at < result; at += ElementType.F32.bytes()) {
            memory.set(ValueLayout.JAVA_FLOAT, at, at / 4 % 7 * 0.25f);
        }
        product = kernel.bind(workers, memory, List.of(0L, rightAt, result), Map.of());
        expected = firstElement(k.bound(), n.bound(), rightAt);
        secondsAtPeak = task.flops() / Ceilings.fma(ElementType.F32, 1);
    }

    private double firstElement(long k, long n, long rightAt) {
        double sum = 0;
        for (long i = 0; i < k; i++) {
            sum += (double) memory.get(ValueLayout.JAVA_FLOAT, 4 * i)
                    * memory.get(ValueLayout.JAVA_FLOAT, rightAt + 4 * i * n);
        }
        return sum;
    }

    @TearDown
    public void check() {
        double got = memory.get(ValueLayout.JAVA_FLOAT, result);
        workers.close();
        arena.close();
        if (Math.abs(got - expected) > 1e-4 * Math.abs(expected)) {
            throw new IllegalStateException("the product's first element is " + got + ", not " + expected);
        }
    }

    @Benchmark
    public float multiply(AtPeak peak) {
        product.run();
        peak.seconds += secondsAtPeak;
        return memory.get(ValueLayout.JAVA_FLOAT, result);
    }
}
