package dev.dovetail.cli.compile;

import dev.dovetail.cli.CommandContext;
import dev.dovetail.cli.CommandFailure;
import dev.dovetail.cli.ExitStatus;
import dev.dovetail.runtime.jvm.JvmFlags;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/** A compiled job, run as a Java machine of its own: the only way a job is ever executed. */
public final class JobProcess {
    /** Kept in step with the generator's names. */
    private static final String SAMPLE_CLASS = "job.Sample";

    /** In a job's folder, the emulated device that it was compiled for. */
    public static final String EMULATED = "emulated";

    /** Where Linux looks for libraries first. */
    private static final String LIBRARY_PATH = "LD_LIBRARY_PATH";

    private final CommandContext context;
    private final Path folder;
    private final JsonMapper json = JsonMapper.builder().build();

    public JobProcess(CommandContext context, Path folder) {
        this.context = context;
        this.folder = folder;
    }

    /** Trains in the foreground: what the job prints is what the user sees. */
    public ExitStatus train(List<String> options) throws IOException, InterruptedException {
        var arguments = new ArrayList<>(List.of("-jar", jar().toString(), "--output", folder.toString()));
        arguments.addAll(options);
        return inForeground(arguments);
    }

    /** Uses the trained model: text goes to standard output, pictures to the folder. */
    public ExitStatus sample(List<String> options) throws IOException, InterruptedException {
        var arguments = new ArrayList<>(List.of("-cp", jar().toString(), SAMPLE_CLASS, "--output", folder.toString()));
        arguments.addAll(options);
        return inForeground(arguments);
    }

    /** Trains, then prints one JSON object: the run's summary and the plan it followed. */
    public ExitStatus trainAsJson(List<String> options) throws IOException, InterruptedException {
        var arguments = new ArrayList<>(List.of("-jar", jar().toString(), "--output", folder.toString(), "--json"));
        arguments.addAll(options);
        Process process = process(arguments)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        ExitStatus status = status(process.waitFor());
        if (!printed.isBlank()) {
            var answer = new LinkedHashMap<String, Object>();
            Map<?, ?> plan = json.readValue(Files.readString(folder.resolve("plan.json")), Map.class);
            answer.put("plan", plan.get("plan"));
            json.readValue(printed, Map.class).forEach((key, value) -> answer.put(String.valueOf(key), value));
            context.printJson(answer);
        }
        return status;
    }

    /** A process that finds the emulated device where the job was compiled for it. */
    private ProcessBuilder process(List<String> arguments) {
        var process = new ProcessBuilder(command(arguments));
        Path emulated = folder.resolve(EMULATED).toAbsolutePath();
        if (Files.isDirectory(emulated)) {
            process.environment().merge(LIBRARY_PATH, emulated.toString(), (old, added) -> added + ":" + old);
        }
        return process;
    }

    private Path jar() {
        Path jar = folder.resolve("job.jar");
        if (!Files.isRegularFile(jar)) {
            throw CommandFailure.of(
                    ExitStatus.WRONG_INPUT, "`" + folder + "` holds no job", "train one first: dovetail run SPEC");
        }
        return jar;
    }

    private ExitStatus inForeground(List<String> arguments) throws IOException, InterruptedException {
        context.out().flush();
        Process process = process(arguments).inheritIO().start();
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroy));
        return status(process.waitFor());
    }

    private static List<String> command(List<String> arguments) {
        var command = new ArrayList<String>();
        command.add(ProcessHandle.current().info().command().orElse("java"));
        command.addAll(JvmFlags.forRanks());
        command.addAll(arguments);
        return command;
    }

    private static ExitStatus status(int code) {
        for (ExitStatus status : ExitStatus.values()) {
            if (status.code() == code) {
                return status;
            }
        }
        return ExitStatus.FAILED_RUN;
    }
}
