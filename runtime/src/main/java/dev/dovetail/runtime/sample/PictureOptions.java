package dev.dovetail.runtime.sample;

import dev.dovetail.runtime.failure.UsageException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What the command line of sampling pictures may say.
 *
 * @param folder of the training run
 * @param classes asked for; a row of pictures for each
 * @param each how many of each class
 * @param steps from noise to picture
 * @param guidance see {@link PictureSampler}
 * @param seed same seed, same pictures
 * @param check whether a classifier judges them
 */
record PictureOptions(
        Path folder, List<Integer> classes, int each, int steps, double guidance, long seed, boolean check) {
    private static final int EACH = 8;
    private static final int STEPS = 50;
    private static final double GUIDANCE = 2;

    PictureOptions {
        if (each < 1 || steps < 1) {
            throw new UsageException(
                    "cannot make " + each + " pictures in " + steps + " steps", "use --count 1 and --steps 1, or more");
        }
    }

    /**
     * @param home the folder to use where `--output` is not given
     * @param known classes that the model was told of; all are asked for where none is named
     */
    static PictureOptions parse(String[] arguments, Path home, int known) {
        var said = Arguments.parse(
                arguments,
                List.of("--output", "--class", "--count", "--steps", "--guidance", "--seed"),
                List.of("--check", SampleOptions.SHOW),
                "sampling pictures takes --class, --count, --steps, --guidance (1 is none), --seed and --check");
        List<Integer> classes = said.text("--class")
                .map(text -> Stream.of(text.split(","))
                        .map(name -> classNamed(name.strip(), known))
                        .toList())
                .orElseGet(() -> IntStream.range(0, Math.max(1, known)).boxed().toList());
        return new PictureOptions(
                said.text("--output").map(Path::of).orElse(home),
                classes,
                (int) said.number("--count", EACH),
                (int) said.number("--steps", STEPS),
                said.number("--guidance", GUIDANCE),
                (long) said.number("--seed", 0),
                said.has("--check") || said.has(SampleOptions.SHOW));
    }

    private static int classNamed(String name, int known) {
        double number = Arguments.number("--class", name);
        if (number != Math.rint(number) || number >= known) {
            throw new UsageException(
                    "there is no class `" + name + "`",
                    known == 0
                            ? "this model was trained without classes"
                            : "classes are 0 to " + (known - 1) + ": --class 3, or --class 0,1,2");
        }
        return (int) number;
    }
}
