package dev.dovetail.runtime.train;

import dev.dovetail.runtime.rank.RankContext;
import dev.dovetail.runtime.rank.RankProgram;
import dev.dovetail.runtime.rank.StateShard;
import dev.dovetail.runtime.rank.StepInputs;
import java.util.List;

/** Another program until a given step, in which its loss is no number. */
record NotANumberProgram(RankProgram program, long brokenStep) implements RankProgram {
    @Override
    public long arenaBytes() {
        return program.arenaBytes();
    }

    @Override
    public List<StateShard> state() {
        return program.state();
    }

    @Override
    public void initialize(RankContext context) {
        program.initialize(context);
    }

    @Override
    public void step(RankContext context, StepInputs inputs) {
        if (inputs.step() == brokenStep) {
            context.recordLoss(Double.NaN, 1);
        }
        program.step(context, inputs);
    }

    @Override
    public void evaluate(RankContext context, StepInputs inputs) {
        program.evaluate(context, inputs);
    }
}
