package dev.dovetail.cli.command;

import dev.dovetail.cli.CommandContext;
import dev.dovetail.cli.ExitStatus;
import dev.dovetail.cli.compile.JobCompiler;
import dev.dovetail.cli.compile.PlanJson;
import dev.dovetail.cli.compile.PlanText;
import dev.dovetail.ir.block.ExpansionForm;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.model.ExpandModel;
import dev.dovetail.ir.model.Model;
import dev.dovetail.ir.plan.PlanOutcome;
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
            model.kinds().forEach(kind -> context.out().print(kind.forward().print()));
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
    };

    abstract ExitStatus print(CommandContext context, JobCompiler compiler, TrainJob job, boolean json)
            throws IOException, InterruptedException;
}
