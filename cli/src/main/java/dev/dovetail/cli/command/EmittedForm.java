package dev.dovetail.cli.command;

import dev.dovetail.cli.CommandContext;
import dev.dovetail.cli.ExitStatus;
import dev.dovetail.cli.compile.JobCompiler;
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
import java.util.List;
import java.util.Locale;
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
                new PlanText(emission.context())
                        .print(emission.compiler().compile(emission.job()).plan());
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
    };

    abstract ExitStatus print(Emission emission) throws IOException, InterruptedException;

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** What is printed, where, and how. */
    record Emission(CommandContext context, SpecArguments spec, boolean json) {
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
