package dev.dovetail.cli.command;

import dev.dovetail.cli.CommandContext;
import dev.dovetail.cli.CommandFailure;
import dev.dovetail.cli.DovetailCommand;
import dev.dovetail.cli.ExitStatus;
import dev.dovetail.cli.OutputFolder;
import dev.dovetail.cli.exchange.ExportedModel;
import dev.dovetail.cli.exchange.ImportedModel;
import dev.dovetail.cli.spec.SpecReader;
import dev.dovetail.ir.block.Adaptation;
import dev.dovetail.ir.block.ModelDefinition;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.runtime.checkpoint.Checkpoint;
import dev.dovetail.runtime.checkpoint.CheckpointStore;
import dev.dovetail.runtime.train.RunFolder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code dovetail export}: what a job trained, as files that Hugging Face's library opens. */
@Command(
        name = "export",
        description = "Write what a job trained as Hugging Face files: config, safetensors, tokenizer.",
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  dovetail run specs/quickstart.dove",
            "  dovetail export specs/quickstart.dove",
            "  dovetail export specs/lora-quickstart.dove --run dovetail-out/english-merged",
            "  dovetail import dovetail-out/tiny_gpt-export/config.json -o dovetail-out/again"
        })
public final class ExportCommand implements DovetailCommand {
    private final CommandContext context;

    @Mixin
    private SpecArguments spec;

    @Option(names = "--run", paramLabel = "DIR", description = "Where the weights are; dovetail-out/JOB unless said.")
    private Path run;

    @Option(names = "-o", paramLabel = "DIR", description = "Where to write; dovetail-out/JOB-export unless said.")
    private Path output;

    public ExportCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public ExitStatus execute() throws Exception {
        TrainJob job = spec.read(new SpecReader(context));
        Path runs = context.workingDirectory().resolve("dovetail-out");
        Path trained = run == null ? runs.resolve(job.name()) : context.resolve(run);
        Path folder = output == null ? runs.resolve(job.name() + "-export") : context.resolve(output);
        Checkpoint weights = new CheckpointStore(new RunFolder(trained).checkpoints(), 1)
                .latest()
                .orElseThrow(() -> CommandFailure.of(
                        ExitStatus.WRONG_INPUT,
                        "`" + trained + "` holds no checkpoint",
                        "train it first: dovetail run " + spec.written()));
        ModelDefinition model = requireMerged(job, weights);
        ExportedModel exported =
                new OutputFolder(folder).fill(path -> ExportedModel.write(model, weights, tokenizer(job), path));
        context.out().println(exported.tensors() + " tensors of a `" + exported.type() + "` model: " + folder);
        if (!exported.hasTokenizer()) {
            context.err().println("no tokenizer was written: put the one that its tokens were made with beside it");
        }
        return ExitStatus.OK;
    }

    /** The model without adapters: the library has them in files of another kind. */
    private ModelDefinition requireMerged(TrainJob job, Checkpoint weights) {
        boolean merged = weights.tensors().stream().noneMatch(name -> name.contains(".lora_"));
        if (!merged && job.model().adaptation().mixture().isPresent()) {
            throw CommandFailure.of(
                    ExitStatus.WRONG_INPUT,
                    "`" + job.model().name() + "` mixes adapters token by token, which no config of the library says",
                    "export the run of one adapter, merged");
        }
        if (!merged) {
            throw CommandFailure.of(
                    ExitStatus.WRONG_INPUT,
                    "`" + weights.folder() + "` holds low-rank updates apart from the weights",
                    "merge them first: dovetail merge " + spec.written() + ", then `--run dovetail-out/" + job.name()
                            + "-merged`");
        }
        return job.model().with(job.model().name(), Adaptation.NONE, job.model().origin());
    }

    /** That of the imported model which the job started from. */
    private Optional<Path> tokenizer(TrainJob job) {
        return job.starts().stream()
                .map(start -> new ImportedModel(context.resolve(Path.of(start.folder()))).tokenizer())
                .filter(Files::exists)
                .findFirst();
    }
}
