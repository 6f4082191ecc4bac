package dev.dovetail.runtime.train;

import dev.dovetail.runtime.data.TextFile;
import dev.dovetail.runtime.mesh.Mesh;
import dev.dovetail.runtime.rank.RankContext;
import dev.dovetail.runtime.rank.RankProgram;
import dev.dovetail.runtime.rank.StateShard;
import dev.dovetail.runtime.rank.StepInputs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** A job of {@link TinyProgram} with a main method, as a generated job has one; set up by system properties. */
public final class TinyJob {
    private TinyJob() {}

    public static TrainingJob job(Path text, int pipeline, int data, long steps, long checkpointEvery) {
        return job(text, pipeline, data, 8, steps, checkpointEvery);
    }

    public static TrainingJob job(Path text, int pipeline, int data, int batch, long steps, long checkpointEvery) {
        return new TrainingJob(
                "tiny",
                "tiny bigram",
                Mesh.of(pipeline, data, 1),
                steps,
                batch,
                1,
                16,
                7,
                new LearningRate.WarmupThenConstant(1e-2, 20),
                new TextFile(text),
                checkpointEvery,
                2,
                2,
                1,
                Optional.empty());
    }

    /** Enough English-like text to learn from. */
    public static Path writeText(Path file) throws IOException {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 3000; i++) {
            text.append("the ")
                    .append(Integer.toString(i * 7919 % 1000, 26))
                    .append(" and a ")
                    .append(i % 13);
            text.append(i % 5 == 0 ? ".\n" : ", ");
        }
        return Files.writeString(file, text);
    }

    public static void main(String[] arguments) {
        TrainingJob job = job(
                Path.of(System.getProperty("tiny.text")),
                Integer.getInteger("tiny.pipeline", 1),
                Integer.getInteger("tiny.data", 1),
                Long.getLong("tiny.steps", 10),
                Long.getLong("tiny.every", 0));
        long millis = Long.getLong("tiny.millis", 0);
        RankProgram.Factory programs =
                position -> new Slow(TinyProgram.factory(job, false).create(position), millis);
        System.exit(new JobMain(job, programs, TinyJob.class).run(arguments, Path.of("tiny-out")));
    }

    /** A program whose steps take a while, so that a test can hit one; may also fail by itself in a given step. */
    record Slow(RankProgram program, long millis) implements RankProgram {
        @Override
        public long arenaBytes() {
            return program.arenaBytes();
        }

        @Override
        public List<StateShard> state() {
            return program.state();
        }

        @Override
        public void initialize(RankContext context) {
            program.initialize(context);
        }

        @Override
        public void step(RankContext context, StepInputs inputs) {
            try {
                Thread.sleep(millis);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            if (inputs.step() == Long.getLong("tiny.fail.step", -1)
                    && context.position().rank() == Integer.getInteger("tiny.fail.rank", 0)) {
                throw new IllegalStateException("planted failure");
            }
            program.step(context, inputs);
        }

        @Override
        public void evaluate(RankContext context, StepInputs inputs) {
            program.evaluate(context, inputs);
        }
    }
}
