package dev.dovetail.cli.command;

import dev.dovetail.backends.launch.LaunchFile;
import dev.dovetail.backends.launch.handover.HandOver;
import dev.dovetail.backends.launch.handover.HandOverCatalog;
import dev.dovetail.cli.CommandContext;
import dev.dovetail.cli.ExitStatus;
import dev.dovetail.cli.compile.Compilation;
import dev.dovetail.cli.compile.HandOvers;
import dev.dovetail.cli.compile.JobCompiler;
import dev.dovetail.cli.compile.LaunchFolder;
import dev.dovetail.cli.compile.PlanJson;
import dev.dovetail.cli.compile.PlanText;
import dev.dovetail.cli.spec.SpecReader;
import dev.dovetail.cli.spec.SyntaxJson;
import dev.dovetail.grammar.syntax.SpecFile;
import dev.dovetail.grammar.syntax.SyntaxPrinter;
import dev.dovetail.ir.block.ExpansionForm;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.json.GraphJson;
import dev.dovetail.ir.json.ProgramJson;
import dev.dovetail.ir.model.ExpandModel;
import dev.dovetail.ir.model.Model;
import dev.dovetail.ir.plan.PlanOutcome;
import dev.dovetail.ir.print.GraphPrinter;
import dev.dovetail.ir.print.ProgramPrinter;
import dev.dovetail.ir.program.Program;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;

/** The forms between spec and artifacts that {@code --emit} prints. */
enum EmittedForm {
    /** What the spec says, as written. */
    AST {
        @Override
        ExitStatus print(Emission emission) throws IOException {
            SpecFile file = emission.reader().syntax(emission.spec().written());
            return emission.show(() -> SyntaxPrinter.print(file), () -> SyntaxJson.of(file));
        }
    },
    /** The model in core operators, for one sequence. */
    GRAPH {
        @Override
        ExitStatus print(Emission emission) throws IOException {
            TrainJob job = emission.job();
            Model model = ExpandModel.expand(
                    job.model(),
                    ExpansionForm.Training.of(job.sequence(), 1),
                    job.precision().compute());
            return emission.show(() -> GraphPrinter.print(model), () -> GraphJson.write(model));
        }
    },
    /** The decisions, what they are expected to cost, and why not others. */
    PLAN {
        @Override
        ExitStatus print(Emission emission) throws IOException, InterruptedException {
            if (!emission.json()) {
                new PlanText(emission.context()).print(emission.compiler().solved(emission.job()));
                return ExitStatus.OK;
            }
            PlanOutcome outcome = emission.compiler().plan(emission.job());
            emission.context().printJson(PlanJson.of(outcome, List.of()));
            return outcome instanceof PlanOutcome.Solved ? ExitStatus.OK : ExitStatus.INFEASIBLE;
        }
    },
    /** What every rank does in one step. */
    PROGRAM {
        @Override
        ExitStatus print(Emission emission) throws IOException, InterruptedException {
            Program program = emission.compiler().compile(emission.job()).program();
            return emission.show(() -> ProgramPrinter.print(program), () -> ProgramJson.write(program));
        }
    },
    /** The plan as arguments of Megatron-LM. */
    MEGATRON,
    /** As overrides of a recipe of NeMo's Megatron-Bridge. */
    NEMO,
    /** As a config file of torchtitan. */
    TORCHTITAN,
    /** As a config of DeepSpeed. */
    DEEPSPEED,
    /** As an execution for Calculon's model of performance. */
    CALCULON;

    /** Unless a form says otherwise, it is the system of its name that the plan is handed over to. */
    ExitStatus print(Emission emission) throws IOException, InterruptedException {
        HandOver target = HandOverCatalog.standard().targets().stream()
                .filter(t -> t.name().equals(toString()))
                .findFirst()
                .orElseThrow();
        Compilation compilation = emission.compiler().compile(emission.job());
        String command = "compile " + emission.spec().written() + " --emit=" + this;
        List<LaunchFile> files = new HandOvers(compilation, command).to(target);
        if (emission.output().isPresent()) {
            new LaunchFolder(emission.output().get())
                    .write(files)
                    .forEach(file -> emission.context().err().println("wrote " + file));
        }
        return emission.show(() -> files.getFirst().text(), () -> HandOvers.json(target, files));
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * What is printed, where, and how.
     *
     * @param output where files go besides, if anywhere
     */
    record Emission(CommandContext context, SpecArguments spec, Optional<Path> output, boolean json) {
        SpecReader reader() {
            return new SpecReader(context);
        }

        JobCompiler compiler() {
            return new JobCompiler(context);
        }

        TrainJob job() throws IOException {
            return spec.read(reader());
        }

        ExitStatus show(Supplier<String> text, Supplier<Object> object) {
            if (json) {
                context.printJson(object.get());
            } else {
                context.out().print(text.get());
            }
            return ExitStatus.OK;
        }
    }
}
