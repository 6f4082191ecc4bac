package dev.dovetail.cli.command;

import dev.dovetail.cli.spec.SpecReader;
import dev.dovetail.ir.job.TrainJob;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** How commands name the job they are about. */
public final class SpecArguments {
    @Parameters(paramLabel = "SPEC", description = "The spec, such as specs/quickstart.dove.")
    private Path spec;

    @Option(names = "--job", paramLabel = "NAME", description = "Which job, where the spec has several.")
    private String job;

    @Option(
            names = "--set",
            paramLabel = "NAME=VALUE",
            description = "Take a decision (tensor=2), or change an entry (train.steps=50).")
    private List<String> overrides = List.of();

    public TrainJob read(SpecReader reader) throws IOException {
        return reader.job(spec, overrides, Optional.ofNullable(job));
    }

    public Path written() {
        return spec;
    }
}
