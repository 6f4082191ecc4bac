package dev.dovetail.backends.java;

import dev.dovetail.ir.job.OptimizerSettings;
import dev.dovetail.ir.program.Instruction;
import dev.dovetail.ir.program.Instruction.StepSymbol;
import dev.dovetail.ir.scalar.AdamW;

/** Values of launch symbols as Java, where a kernel is called. */
final class LaunchValues {
    private LaunchValues() {}

    /** The value of {@code symbol} in a computation. */
    static String of(BodyMethod body, Instruction.Compute compute, String symbol) {
        if (compute.symbols().containsKey(symbol)) {
            return body.print(compute.symbols().get(symbol));
        }
        for (StepSymbol given : StepSymbol.values()) {
            if (given.symbol().equals(symbol)) {
                return switch (given) {
                    case LOSS_SCALE -> "inputs.lossScale()";
                    case START -> "inputs.start()";
                    case TOKENS -> "inputs.tokens()";
                };
            }
        }
        throw new IllegalArgumentException(
                compute.op().label() + " needs a value for " + symbol + " beyond " + compute.symbols());
    }

    /** The value of {@code symbol} in an optimizer's step. */
    static String ofUpdate(OptimizerSettings optimizer, String symbol) {
        return switch (symbol) {
            case AdamW.LEARNING_RATE -> "inputs.learningRate()";
            case AdamW.FIRST_CORRECTION -> "1 / (1 - StrictMath.pow(" + optimizer.beta1() + ", inputs.step() + 1))";
            case AdamW.SECOND_CORRECTION -> "1 / (1 - StrictMath.pow(" + optimizer.beta2() + ", inputs.step() + 1))";
            default -> throw new IllegalArgumentException("the update has no " + symbol);
        };
    }
}
