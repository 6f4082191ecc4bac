package dev.dovetail.cli.exchange;

import dev.dovetail.backends.cpu.machine.CpuAtHand;
import dev.dovetail.backends.java.EncoderSources;
import dev.dovetail.backends.java.JobHeader;
import dev.dovetail.backends.java.JobLoader;
import dev.dovetail.backends.java.SampleForm;
import dev.dovetail.cli.Version;
import dev.dovetail.ir.block.ModelDefinition;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.optimizer.lower.LowerDecode;
import dev.dovetail.optimizer.pack.GreedyPacker;
import dev.dovetail.runtime.checkpoint.Checkpoint;
import dev.dovetail.runtime.jvm.VectorModule;
import dev.dovetail.runtime.memory.RankArena;
import dev.dovetail.runtime.mesh.Mesh;
import dev.dovetail.runtime.rank.PlantedBugs;
import dev.dovetail.runtime.rank.RankContext;
import dev.dovetail.runtime.rank.Workers;
import dev.dovetail.runtime.sample.CachedDecoder;
import dev.dovetail.runtime.sample.DecodeProgram;
import dev.dovetail.runtime.time.Clock;
import dev.dovetail.runtime.transport.InProcessNetwork;
import java.time.Duration;
import java.util.List;

/**
 * An encoder of text that is compiled for this processor and run in this process: the kernels that jobs run, on weights of a
 * checkpoint.
 */
public final class SentenceEncoder implements AutoCloseable {
    private final RankArena arena;
    private final InProcessNetwork network = new InProcessNetwork(1, Duration.ofMinutes(1));
    private final Workers workers;
    private final CachedDecoder encoder;
    private final int longest;

    /**
     * @param longest text, in tokens
     * @param threads that share the work
     */
    public SentenceEncoder(ModelDefinition model, Checkpoint weights, int longest, int threads) {
        this.longest = Math.min(longest, model.context());
        DecodeProgram program = compiled(model);
        this.arena = RankArena.of("the encoder", program.arenaBytes());
        this.workers = new Workers(threads);
        var alone = new Mesh(List.of()).position(0);
        var context =
                new RankContext(alone, arena, network.endpoint(0), workers, Clock.wall(), PlantedBugs.none(alone));
        program.state().forEach(shard -> weights.restore(shard, arena.memory()));
        this.encoder = (CachedDecoder) program.open(context);
    }

    private DecodeProgram compiled(ModelDefinition model) {
        VectorModule.resolve();
        var program = LowerDecode.lower(model, longest, longest, ElementType.F32, new GreedyPacker());
        var header = new JobHeader(Version.number(), "dovetail embed", model.name(), List.of());
        var sources = EncoderSources.of(new SampleForm.Decoding(program, longest), header, CpuAtHand.target());
        var loader = new JobLoader(System.getProperty("java.class.path"), SentenceEncoder.class.getClassLoader());
        try {
            return (DecodeProgram) loader.load(sources).getDeclaredConstructor().newInstance();
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("a class just compiled does not run", e);
        }
    }

    /** The last layer's row for each token. */
    public double[][] rows(int[] tokens) {
        return encoder.rows(tokens);
    }

    /** The mean of all rows, of length 1: what sentences are compared by (Reimers and Gurevych 2019, arXiv:1908.10084). */
    public double[] embedding(int[] tokens) {
        return mean(rows(tokens));
    }

    static double[] mean(double[][] rows) {
        double[] mean = new double[rows[0].length];
        for (double[] row : rows) {
            for (int i = 0; i < mean.length; i++) {
                mean[i] += row[i] / rows.length;
            }
        }
        double length = 0;
        for (double value : mean) {
            length += value * value;
        }
        for (int i = 0; i < mean.length; i++) {
            mean[i] /= Math.sqrt(length);
        }
        return mean;
    }

    @Override
    public void close() {
        workers.close();
        network.close();
        arena.close();
    }
}
