package dev.dovetail.cli.command;

import dev.dovetail.cli.CommandContext;
import dev.dovetail.cli.ExitStatus;
import dev.dovetail.cli.compile.JobCompiler;
import dev.dovetail.cli.compile.PlanJson;
import dev.dovetail.cli.compile.PlanText;
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

/** The forms between spec and artifacts that {@code --emit} prints. */
enum EmittedForm {
    graph {
        @Override
        ExitStatus print(CommandContext context, JobCompiler compiler, TrainJob job, boolean json) {
            Model model = ExpandModel.expand(
                    job.model(),
                    ExpansionForm.Training.of(job.sequence(), 1),
                    job.precision().compute());
            if (json) {
                context.printJson(GraphJson.write(model));
            } else {
                context.out().print(GraphPrinter.print(model));
            }
            return ExitStatus.OK;
        }
    },
    plan {
        @Override
        ExitStatus print(CommandContext context, JobCompiler compiler, TrainJob job, boolean json)
                throws IOException, InterruptedException {
            if (!json) {
                new PlanText(context).print(compiler.compile(job).plan());
                return ExitStatus.OK;
            }
            PlanOutcome outcome = compiler.plan(job);
            context.printJson(PlanJson.of(outcome, List.of()));
            return outcome instanceof PlanOutcome.Solved ? ExitStatus.OK : ExitStatus.INFEASIBLE;
        }
    },
    program {
        @Override
        ExitStatus print(CommandContext context, JobCompiler compiler, TrainJob job, boolean json)
                throws IOException, InterruptedException {
            Program program = compiler.compile(job).program();
            if (json) {
                context.printJson(ProgramJson.write(program));
            } else {
                context.out().print(ProgramPrinter.print(program));
            }
            return ExitStatus.OK;
        }
    };

    abstract ExitStatus print(CommandContext context, JobCompiler compiler, TrainJob job, boolean json)
            throws IOException, InterruptedException;
}
