package dev.dovetail.cli.report;

import dev.dovetail.cli.compile.JobCompiler;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.plan.Fixed;
import dev.dovetail.ir.plan.Plan;
import dev.dovetail.ir.plan.PlanOutcome;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The plan that would win if the spec left one thing open: each fixed decision in turn, then all of them.
 *
 * @param without what is left open, as the spec says it
 * @param plan what wins then
 */
public record WhatIf(String without, Plan plan) {

    /** One search for each fixed decision, and one without any of them. */
    public static List<WhatIf> of(TrainJob job, JobCompiler compiler) throws IOException, InterruptedException {
        var answers = new ArrayList<WhatIf>();
        for (Map.Entry<String, Fixed> fixed : job.fixed().entrySet()) {
            var others = new LinkedHashMap<>(job.fixed());
            others.remove(fixed.getKey());
            String name = "`fix { " + fixed.getKey() + " " + fixed.getValue().value() + " }`";
            add(answers, name, job.with(others, job.forbidden()), compiler);
        }
        if (job.fixed().size() > 1) {
            add(answers, "any `fix`", job.with(Map.of(), job.forbidden()), compiler);
        }
        return answers;
    }

    private static void add(List<WhatIf> answers, String without, TrainJob open, JobCompiler compiler)
            throws IOException, InterruptedException {
        if (compiler.plan(open) instanceof PlanOutcome.Solved solved) {
            answers.add(new WhatIf(without, solved.plan()));
        }
    }
}
