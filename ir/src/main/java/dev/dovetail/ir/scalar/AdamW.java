package dev.dovetail.ir.scalar;

import static dev.dovetail.ir.scalar.Scalars.add;
import static dev.dovetail.ir.scalar.Scalars.arg;
import static dev.dovetail.ir.scalar.Scalars.constant;
import static dev.dovetail.ir.scalar.Scalars.divide;
import static dev.dovetail.ir.scalar.Scalars.multiply;
import static dev.dovetail.ir.scalar.Scalars.sqrt;
import static dev.dovetail.ir.scalar.Scalars.subtract;

import java.util.List;

/**
 * Adam with decoupled weight decay (Loshchilov and Hutter 2019, arXiv:1711.05101), as expressions of one parameter, its
 * gradient and its two moments; every backend prints the same trees.
 *
 * @param beta1 decay of the mean gradient
 * @param beta2 decay of the mean squared gradient
 * @param epsilon added to the root of the second moment
 * @param weightDecay share of the parameter taken off, times the learning rate
 */
public record AdamW(double beta1, double beta2, double epsilon, double weightDecay) {
    /** Launch symbol: the learning rate of this step. */
    public static final String LEARNING_RATE = "learning_rate";

    /** Launch symbol: 1 / (1 - beta1^t) for step t, counted from 1. */
    public static final String FIRST_CORRECTION = "first_correction";

    /** Launch symbol: 1 / (1 - beta2^t) for step t, counted from 1. */
    public static final String SECOND_CORRECTION = "second_correction";

    /** Argument of the parameter. */
    public static final int PARAMETER = 0;

    /** Argument of the gradient. */
    public static final int GRADIENT = 1;

    /** Argument of the running mean of gradients. */
    public static final int FIRST_MOMENT = 2;

    /** Argument of the running mean of squared gradients. */
    public static final int SECOND_MOMENT = 3;

    /** The new parameter, first moment and second moment, each from the old values. */
    public List<ScalarExpr> outputs() {
        return List.of(parameter(), firstMoment(), secondMoment());
    }

    /** β1 m + (1 - β1) g. */
    public ScalarExpr firstMoment() {
        return add(multiply(constant(beta1), arg(FIRST_MOMENT)), multiply(constant(1 - beta1), arg(GRADIENT)));
    }

    /** β2 v + (1 - β2) g². */
    public ScalarExpr secondMoment() {
        ScalarExpr square = multiply(arg(GRADIENT), arg(GRADIENT));
        return add(multiply(constant(beta2), arg(SECOND_MOMENT)), multiply(constant(1 - beta2), square));
    }

    /** p - η (m' c1 / (√(v' c2) + ε) + λ p). */
    public ScalarExpr parameter() {
        ScalarExpr mean = multiply(firstMoment(), new ScalarExpr.Symbol(FIRST_CORRECTION));
        ScalarExpr deviation = sqrt(multiply(secondMoment(), new ScalarExpr.Symbol(SECOND_CORRECTION)));
        ScalarExpr decay = multiply(constant(weightDecay), arg(PARAMETER));
        ScalarExpr direction = add(divide(mean, add(deviation, constant(epsilon))), decay);
        return subtract(arg(PARAMETER), multiply(new ScalarExpr.Symbol(LEARNING_RATE), direction));
    }
}
