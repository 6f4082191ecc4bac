package dev.dovetail.runtime.sample;

import dev.dovetail.runtime.data.ByteCountModel;
import dev.dovetail.runtime.data.Corpus;
import dev.dovetail.runtime.failure.ExitStatus;
import dev.dovetail.runtime.failure.JobFailure;
import dev.dovetail.runtime.memory.HostMemory;
import dev.dovetail.runtime.memory.RankMemory;
import dev.dovetail.runtime.train.TrainingJob;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;

/** What the main method of a generated job calls to write text with the model that it trained. */
public final class SampleMain {
    private final TrainingJob job;
    private final DecodeProgram program;
    private final RankMemory.Source memory;
    private final PrintStream out;
    private final PrintStream err;

    /** @param job whose checkpoints are read */
    public SampleMain(TrainingJob job, DecodeProgram program) {
        this(job, program, HostMemory.source());
    }

    /** As above, with a model that computes elsewhere than on this processor. */
    public SampleMain(TrainingJob job, DecodeProgram program, RankMemory.Source memory) {
        this(job, program, memory, System.out, System.err);
    }

    SampleMain(TrainingJob job, DecodeProgram program, PrintStream out, PrintStream err) {
        this(job, program, HostMemory.source(), out, err);
    }

    private SampleMain(
            TrainingJob job, DecodeProgram program, RankMemory.Source memory, PrintStream out, PrintStream err) {
        this.memory = memory;
        this.job = job;
        this.program = program;
        this.out = out;
        this.err = err;
    }

    /**
     * Continues the prompt on standard output, token by token, and returns the exit status.
     *
     * @param arguments see {@link SampleOptions}
     * @param home the folder of the training run where the arguments name none
     */
    public int run(String[] arguments, Path home) {
        try {
            SampleOptions options = SampleOptions.parse(arguments, home);
            new TrainedModel<>(job, program, memory).use(options.folder(), decoder -> generate(options, decoder));
            return ExitStatus.DONE.code();
        } catch (RuntimeException | Error e) {
            JobFailure failure = JobFailure.of(e);
            err.println(failure.rendered());
            return failure.status().code();
        }
    }

    private void generate(SampleOptions options, Decoder decoder) {
        String written = write(decoder, options, out);
        if (options.check()) {
            check(options, written);
        }
    }

    /** Continues the prompt on {@code to} and returns what was added. */
    private static String write(Decoder decoder, SampleOptions options, PrintStream to) {
        byte[] prompt = options.prompt().getBytes(StandardCharsets.UTF_8);
        int[] tokens = new int[prompt.length];
        for (int i = 0; i < prompt.length; i++) {
            tokens[i] = prompt[i] & 0xFF;
        }
        to.writeBytes(prompt);
        var written = new ByteArrayOutputStream();
        new Generation(decoder, options.choice()).run(tokens, options.tokens(), token -> {
            written.write(token);
            to.write(token);
            to.flush();
        });
        to.println();
        return written.toString(StandardCharsets.ISO_8859_1);
    }

    /** Words of what was written that held-out text knows, beside those of a text written by counts. */
    private void check(SampleOptions options, String written) {
        if (!(job.data().read() instanceof Corpus corpus)) {
            throw new IllegalStateException(job.name() + " continues texts, and was not trained on any");
        }
        KnownWords known = KnownWords.of(corpus.heldOut());
        KnownWords.Share share = known.in(written);
        var triples = new CountingDecoder(ByteCountModel.train(corpus.training(), 2));
        KnownWords.Share counted =
                known.in(write(triples, options, new PrintStream(OutputStream.nullOutputStream(), false)));
        out.println(String.format(
                Locale.ROOT,
                "%d of its %d identifiers and keywords, %.1f %%, occur in the held-out text; in text written by counting"
                        + " triples of bytes %.1f %%",
                share.known(),
                share.words(),
                share.of100(),
                counted.of100()));
    }
}
