package dev.dovetail.optimizer.solver;

import com.google.ortools.Loader;
import com.google.ortools.linearsolver.MPConstraint;
import com.google.ortools.linearsolver.MPObjective;
import com.google.ortools.linearsolver.MPSolver;
import com.google.ortools.linearsolver.MPVariable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Fits measured times with costs that are never negative: minimises the sum of relative deviations, by linear programming.
 * Absolute rather than squared deviations, because a sample that a busy machine disturbed must not bend the law.
 */
public final class LeastAbsoluteFit {

    /** One measurement: how much of each term, and the seconds it took. */
    public record Sample(List<Double> amounts, double seconds) {
        public Sample {
            amounts = List.copyOf(amounts);
        }
    }

    /**
     * @param costs seconds for one unit of each term
     * @param error mean relative deviation over the samples
     */
    public record Fit(List<Double> costs, double error) {
        public Fit {
            costs = List.copyOf(costs);
        }
    }

    private LeastAbsoluteFit() {}

    /** @param samples at least one; each with the same terms */
    public static Fit fit(List<Sample> samples) {
        Loader.loadNativeLibraries();
        MPSolver solver = MPSolver.createSolver("GLOP");
        int terms = samples.getFirst().amounts().size();
        // Amounts span twelve orders of magnitude: each column is scaled to a largest entry of 1.
        double[] scale = new double[terms];
        for (Sample sample : samples) {
            for (int t = 0; t < terms; t++) {
                scale[t] = Math.max(scale[t], sample.amounts().get(t) / sample.seconds());
            }
        }
        var costs = new ArrayList<MPVariable>();
        for (int t = 0; t < terms; t++) {
            costs.add(solver.makeNumVar(0, Double.POSITIVE_INFINITY, "cost" + t));
        }
        MPObjective objective = solver.objective();
        for (Sample sample : samples) {
            objective.setCoefficient(deviation(solver, sample, costs, scale), 1);
        }
        objective.setMinimization();
        MPSolver.ResultStatus status = solver.solve();
        if (status != MPSolver.ResultStatus.OPTIMAL) {
            throw new IllegalStateException("a fit of " + samples.size() + " samples ended " + status);
        }
        double[] solved = new double[terms];
        Arrays.setAll(solved, t -> scale[t] == 0 ? 0 : costs.get(t).solutionValue() / scale[t]);
        return new Fit(Arrays.stream(solved).boxed().toList(), objective.value() / samples.size());
    }

    /** A variable at least |predicted / measured − 1|. */
    private static MPVariable deviation(MPSolver solver, Sample sample, List<MPVariable> costs, double[] scale) {
        MPVariable deviation = solver.makeNumVar(0, Double.POSITIVE_INFINITY, "");
        for (int sign : new int[] {1, -1}) {
            MPConstraint above = solver.makeConstraint(-sign, Double.POSITIVE_INFINITY);
            above.setCoefficient(deviation, 1);
            for (int t = 0; t < costs.size(); t++) {
                double share = scale[t] == 0 ? 0 : sample.amounts().get(t) / sample.seconds() / scale[t];
                above.setCoefficient(costs.get(t), -sign * share);
            }
        }
        return deviation;
    }
}
