package dev.dovetail.runtime.sample;

import dev.dovetail.runtime.data.Pictures;
import dev.dovetail.runtime.data.ShownPictureSource;
import dev.dovetail.runtime.data.ShownPictures;
import dev.dovetail.runtime.data.Telling;
import dev.dovetail.runtime.failure.ExitStatus;
import dev.dovetail.runtime.failure.JobFailure;
import dev.dovetail.runtime.memory.HostMemory;
import dev.dovetail.runtime.memory.RankMemory;
import dev.dovetail.runtime.train.TrainingJob;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/** What the main method of a generated job calls to say what the model that it trained sees in pictures. */
public final class ReaderMain {
    private static final String FACTS = "samples.json";
    private static final int SHOWN = 8;

    private final ShownPictureSource source;
    private final TrainedModel<ReadPass> model;
    private final PrintStream out;
    private final PrintStream err;

    /** @param job whose checkpoints are read */
    public ReaderMain(TrainingJob job, ReadProgram program) {
        this(job, program, HostMemory.source());
    }

    /** As above, with a model that computes elsewhere than on this processor. */
    public ReaderMain(TrainingJob job, ReadProgram program, RankMemory.Source memory) {
        if (!(job.data() instanceof ShownPictureSource pictures)) {
            throw new IllegalArgumentException(job.name() + " says what it sees, and was not shown pictures");
        }
        this.source = pictures;
        this.model = new TrainedModel<>(job, program, memory);
        this.out = System.out;
        this.err = System.err;
    }

    /**
     * Says what the model sees in every picture that was held out, shows some, and returns the exit status.
     *
     * @param home the folder of the training run where the arguments name none
     */
    public int run(String[] arguments, Path home) {
        try {
            var said = Arguments.parse(
                    arguments,
                    List.of("--output", "--count"),
                    List.of("--check", SampleOptions.SHOW),
                    "reading pictures takes --count");
            int count = (int) said.number("--count", SHOWN);
            Path folder = said.text("--output").map(Path::of).orElse(home);
            model.use(folder, pass -> read(new PictureReader(pass), count, folder));
            return ExitStatus.DONE.code();
        } catch (RuntimeException | Error e) {
            JobFailure failure = JobFailure.of(e);
            err.println(failure.rendered());
            return failure.status().code();
        }
    }

    private void read(PictureReader reader, int count, Path folder) {
        ShownPictures data = source.read();
        Pictures pictures = data.heldOut();
        var said = new ArrayList<String>();
        while (said.size() < pictures.count()) {
            said.addAll(List.of(reader.read(pictures, source.shape(), source.telling(), said.size())));
        }
        int right = 0;
        for (int i = 0; i < said.size(); i++) {
            String expected = expected(pictures.classes()[i]);
            right += said.get(i).equals(expected) ? 1 : 0;
            if (i < count) {
                out.print(new PictureGrid(source.shape(), new double[][] {values(pictures, i)}, 1)
                        .text(Integer.MAX_VALUE));
                out.println("  " + said.get(i) + (said.get(i).equals(expected) ? "" : ", and it is " + expected));
            }
        }
        out.println(String.format(
                Locale.ROOT,
                "%d of %d pictures that were held out are named right, %.1f %%",
                right,
                said.size(),
                100.0 * right / said.size()));
        write(folder, right, said);
    }

    private static double[] values(Pictures pictures, int picture) {
        double[] values = new double[pictures.elements()];
        for (int i = 0; i < values.length; i++) {
            values[i] = pictures.value(picture, i);
        }
        return values;
    }

    private String expected(int label) {
        return source.telling().inWords() ? Telling.word(label) : Integer.toString(label);
    }

    private static void write(Path folder, int right, List<String> said) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("schema", 1);
        json.put("held_out", said.size());
        json.put("right", right);
        json.put("said", said);
        try {
            Files.writeString(
                    folder.resolve(FACTS), JsonMapper.builder().build().writeValueAsString(json));
        } catch (IOException e) {
            throw new JobFailure(
                    "what was said cannot be written to `" + folder + "`: " + e.getMessage(),
                    "free space or fix permissions there",
                    e);
        }
    }
}
