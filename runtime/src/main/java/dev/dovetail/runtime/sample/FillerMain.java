package dev.dovetail.runtime.sample;

import dev.dovetail.runtime.data.BatchShare;
import dev.dovetail.runtime.data.ByteCountModel;
import dev.dovetail.runtime.data.HiddenTextSource;
import dev.dovetail.runtime.failure.ExitStatus;
import dev.dovetail.runtime.failure.JobFailure;
import dev.dovetail.runtime.memory.HostMemory;
import dev.dovetail.runtime.memory.RankMemory;
import dev.dovetail.runtime.sample.TextFiller.Filled;
import dev.dovetail.runtime.train.TrainingJob;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What the main method of a generated job calls to fill in what is hidden of held-out text with the model that it trained. */
public final class FillerMain {
    private static final int SHOWN = 4;
    private static final int CALLS = 8;

    private final HiddenTextSource source;
    private final TrainedModel<ReadPass> model;
    private final PrintStream out;
    private final PrintStream err;

    /** @param job whose checkpoints are read */
    public FillerMain(TrainingJob job, ReadProgram program) {
        this(job, program, HostMemory.source());
    }

    /** As above, with a model that computes elsewhere than on this processor. */
    public FillerMain(TrainingJob job, ReadProgram program, RankMemory.Source memory) {
        if (!(job.data() instanceof HiddenTextSource hidden)) {
            throw new IllegalArgumentException(job.name() + " fills in texts, and nothing was hidden from it");
        }
        this.source = hidden;
        this.model = new TrainedModel<>(job, program, memory);
        this.out = System.out;
        this.err = System.err;
    }

    /**
     * Fills in pieces of held-out text, shows some, and returns the exit status.
     *
     * @param home the folder of the training run where the arguments name none
     */
    public int run(String[] arguments, Path home) {
        try {
            var said = Arguments.parse(
                    arguments,
                    List.of("--output", "--count"),
                    List.of("--check", SampleOptions.SHOW),
                    "filling in text takes --count");
            int count = (int) said.number("--count", SHOWN);
            model.use(said.text("--output").map(Path::of).orElse(home), pass -> fill(pass, count));
            return ExitStatus.DONE.code();
        } catch (RuntimeException | Error e) {
            JobFailure failure = JobFailure.of(e);
            err.println(failure.rendered());
            return failure.status().code();
        }
    }

    private void fill(ReadPass pass, int count) {
        var data = source.read();
        var filler = new TextFiller(pass, ByteCountModel.train(data.corpus().training(), 2));
        var share = BatchShare.whole(pass.samples(), pass.places());
        var pieces = new ArrayList<Filled>();
        for (int call = 0; call < CALLS; call++) {
            pieces.addAll(filler.fill(data.heldOut(share, 0, call, CALLS)));
        }
        for (Filled piece : pieces.subList(0, Math.min(count, pieces.size()))) {
            out.println(piece.text());
        }
        long spans = pieces.stream().mapToLong(piece -> piece.spans().size()).sum();
        out.println(String.format(
                Locale.ROOT,
                "[said] or [said|what stood there]: of %d gaps in held-out text %.1f %% are filled in to the letter; counting, with the"
                        + " two bytes before each shown, fills in %.1f %%",
                spans,
                100.0 * pieces.stream().mapToLong(Filled::right).sum() / spans,
                100.0 * pieces.stream().mapToLong(Filled::counted).sum() / spans));
    }
}
