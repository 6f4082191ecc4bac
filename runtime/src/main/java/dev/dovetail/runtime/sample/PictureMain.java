package dev.dovetail.runtime.sample;

import dev.dovetail.runtime.data.NoisedPictures;
import dev.dovetail.runtime.data.PictureShape;
import dev.dovetail.runtime.data.PictureSource;
import dev.dovetail.runtime.data.Pictures;
import dev.dovetail.runtime.failure.ExitStatus;
import dev.dovetail.runtime.failure.JobFailure;
import dev.dovetail.runtime.memory.HostMemory;
import dev.dovetail.runtime.memory.RankMemory;
import dev.dovetail.runtime.train.TrainingJob;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import tools.jackson.databind.json.JsonMapper;

/** What the main method of a generated job calls to make pictures with the diffusion model that it trained. */
public final class PictureMain {
    private static final String IMAGE = "samples.png";
    private static final String FACTS = "samples.json";
    /** Columns of characters that the pictures shown in a terminal take. */
    private static final int TERMINAL = 100;

    private final PictureSource source;
    private final TrainedModel<Denoiser> model;
    private final PrintStream out;
    private final PrintStream err;

    /** @param job whose checkpoints are read */
    public PictureMain(TrainingJob job, DenoiseProgram program) {
        this(job, program, HostMemory.source());
    }

    /** As above, with a model that computes elsewhere than on this processor. */
    public PictureMain(TrainingJob job, DenoiseProgram program, RankMemory.Source memory) {
        this(job, program, memory, System.out, System.err);
    }

    PictureMain(TrainingJob job, DenoiseProgram program, RankMemory.Source memory, PrintStream out, PrintStream err) {
        if (!(job.data() instanceof PictureSource pictures)) {
            throw new IllegalArgumentException(job.name() + " makes pictures, and was not trained on any");
        }
        this.source = pictures;
        this.model = new TrainedModel<>(job, program, memory);
        this.out = out;
        this.err = err;
    }

    /**
     * Makes pictures, writes them as {@code samples.png}, shows some, and returns the exit status.
     *
     * @param arguments see {@link PictureOptions}
     * @param home the folder of the training run where the arguments name none
     */
    public int run(String[] arguments, Path home) {
        try {
            PictureOptions options =
                    PictureOptions.parse(arguments, home, source.shape().classes());
            model.use(options.folder(), denoiser -> generate(options, denoiser));
            return ExitStatus.DONE.code();
        } catch (RuntimeException | Error e) {
            JobFailure failure = JobFailure.of(e);
            err.println(failure.rendered());
            return failure.status().code();
        }
    }

    private void generate(PictureOptions options, Denoiser denoiser) {
        PictureShape shape = source.shape();
        var sampler = new PictureSampler(
                denoiser, shape, source.noising(), options.steps(), options.guidance(), options.seed());
        int[] asked = options.classes().stream()
                .flatMapToInt(label -> IntStream.generate(() -> label).limit(options.each()))
                .toArray();
        double[][] pictures = sampler.sample(asked);
        var grid = new PictureGrid(shape, pictures, options.each());
        Optional<PictureCheck> check =
                options.check() && shape.classes() > 0 ? Optional.of(check(asked, pictures)) : Optional.empty();
        write(options, grid, check);
        out.print(grid.text(TERMINAL));
        out.println(options.folder().resolve(IMAGE) + ": " + pictures.length + " pictures, " + options.each()
                + " of each class, " + options.steps() + " steps, guidance " + options.guidance());
        check.ifPresent(found -> out.println(found.line()));
        out.flush();
    }

    private PictureCheck check(int[] asked, double[][] pictures) {
        NoisedPictures data = source.read();
        Pictures known = data.training();
        return PictureCheck.of(new NearestPictures(known, source.shape().classes()), data.heldOut(), asked, pictures);
    }

    private void write(PictureOptions options, PictureGrid grid, Optional<PictureCheck> check) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("schema", 1);
        json.put("classes", options.classes());
        json.put("each", options.each());
        json.put("steps", options.steps());
        json.put("guidance", options.guidance());
        json.put("seed", options.seed());
        check.ifPresent(found -> json.putAll(found.json()));
        try {
            Files.write(options.folder().resolve(IMAGE), grid.image().encoded());
            Files.writeString(
                    options.folder().resolve(FACTS),
                    JsonMapper.builder().build().writeValueAsString(json));
        } catch (IOException e) {
            throw new JobFailure(
                    "pictures cannot be written to `" + options.folder() + "`: " + e.getMessage(),
                    "free space or fix permissions there",
                    e);
        }
    }
}
