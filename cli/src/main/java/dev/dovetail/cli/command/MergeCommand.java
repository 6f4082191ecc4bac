package dev.dovetail.cli.command;

import dev.dovetail.cli.CommandContext;
import dev.dovetail.cli.CommandFailure;
import dev.dovetail.cli.DovetailCommand;
import dev.dovetail.cli.ExitStatus;
import dev.dovetail.cli.spec.SpecReader;
import dev.dovetail.ir.block.Adaptation;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.runtime.checkpoint.Checkpoint;
import dev.dovetail.runtime.checkpoint.CheckpointStore;
import dev.dovetail.runtime.checkpoint.MergeLowRank;
import dev.dovetail.runtime.train.RunFolder;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code dovetail merge}: low-rank updates become part of the weights they update. */
@Command(
        name = "merge",
        description = "Add the trained low-rank updates of a job to the weights of its model.",
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  dovetail run specs/lora-quickstart.dove",
            "  dovetail merge specs/lora-quickstart.dove",
            "  then another job can say `from \"dovetail-out/english-merged\"`"
        })
public final class MergeCommand implements DovetailCommand {
    private final CommandContext context;

    @Mixin
    private SpecArguments spec;

    @Option(names = "-o", paramLabel = "DIR", description = "Where to write; dovetail-out/JOB-merged unless said.")
    private Path output;

    public MergeCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public ExitStatus execute() throws Exception {
        TrainJob job = spec.read(new SpecReader(context));
        Adaptation.LowRank adapter = job.model()
                .adaptation()
                .lowRank()
                .orElseThrow(() -> CommandFailure.of(
                        ExitStatus.WRONG_INPUT,
                        "job `" + job.name() + "` has no low-rank updates to merge",
                        "an adapter has them: `adapter english of tiny_gpt { lora { rank 8 } }`"));
        Path runs = context.workingDirectory().resolve("dovetail-out");
        Path folder = output == null ? runs.resolve(job.name() + "-merged") : context.resolve(output);
        Checkpoint trained = new CheckpointStore(new RunFolder(runs.resolve(job.name())).checkpoints(), 1)
                .latest()
                .orElseThrow(() -> CommandFailure.of(
                        ExitStatus.WRONG_INPUT,
                        "`" + runs.resolve(job.name()) + "` holds no checkpoint",
                        "train it first: dovetail run " + spec.written()));
        int updated = new MergeLowRank(trained, adapter.scale()).into(new RunFolder(folder).checkpoints());
        context.out().println(updated + " projections updated: " + folder);
        return ExitStatus.OK;
    }
}
