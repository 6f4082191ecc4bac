package dev.dovetail.ir.reference;

import dev.dovetail.ir.op.Route;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.TensorType;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/** Routing, one token after the other. */
public record RouteReference(Route route) {

    /**
     * Places as a router would give them for scores drawn at random, two experts a token; for checks.
     *
     * @param type I32 [sequence, batch, routes]
     */
    public static DoubleTensor drawn(TensorType type, long capacity, RandomGenerator random) {
        DoubleTensor scores = DoubleTensor.zeros(type.withElement(ElementType.F64));
        Arrays.setAll(scores.values(), i -> random.nextGaussian());
        int choices = (int) Math.min(2, type.dims().getLast().bound());
        String routes = type.dims().getLast().name();
        return new RouteReference(new Route(routes, choices, capacity, 1, 1, 1, 0)).places(List.of(scores));
    }

    /** How long queues are in a check of an operator that holds a stretch of them: some places are before it, some behind. */
    public static long capacity(long held, Optional<Long> stretch) {
        return held + stretch.map(first -> first + held).orElse(0L);
    }

    /** Scores [sequence, batch, routes] and perhaps a bias [routes] to places like the scores. */
    public DoubleTensor places(List<DoubleTensor> operands) {
        TensorType type = operands.getFirst().type();
        int sequence = (int) type.dims().get(0).bound();
        int batch = (int) type.dims().get(1).bound();
        int experts = (int) type.dims().get(2).bound();
        DoubleTensor places = DoubleTensor.filled(type.withElement(ElementType.I32), Route.UNCHOSEN);
        int[] queued = new int[batch * experts];
        for (int token = 0; token < sequence * batch; token++) {
            double[] preference = preference(operands, token * experts, experts);
            for (int choice = 0; choice < route.choices(); choice++) {
                int expert = best(preference);
                preference[expert] = Double.NEGATIVE_INFINITY;
                int place = queued[token % batch * experts + expert]++;
                places.values()[token * experts + expert] = place < route.capacity() ? place : Route.DROPPED;
            }
        }
        return places;
    }

    /** What a token's choice goes by; experts of groups that it may not use are out of reach. */
    private double[] preference(List<DoubleTensor> operands, int at, int experts) {
        double[] preference = Arrays.copyOfRange(operands.getFirst().values(), at, at + experts);
        if (operands.size() > 1) {
            Arrays.setAll(preference, e -> preference[e] + operands.get(1).values()[e]);
        }
        if (route.keptGroups() < route.groups()) {
            closeGroups(preference);
        }
        return preference;
    }

    private void closeGroups(double[] preference) {
        int size = preference.length / route.groups();
        double[] votes = new double[route.groups()];
        Arrays.setAll(votes, group -> votes(Arrays.copyOfRange(preference, group * size, (group + 1) * size)));
        boolean[] kept = new boolean[votes.length];
        for (int i = 0; i < route.keptGroups(); i++) {
            int group = best(votes);
            votes[group] = Double.NEGATIVE_INFINITY;
            kept[group] = true;
        }
        for (int e = 0; e < preference.length; e++) {
            preference[e] = kept[e / size] ? preference[e] : Double.NEGATIVE_INFINITY;
        }
    }

    private double votes(double[] scores) {
        double sum = 0;
        for (int i = 0; i < route.groupVotes(); i++) {
            int at = best(scores);
            sum += scores[at];
            scores[at] = Double.NEGATIVE_INFINITY;
        }
        return sum;
    }

    private static int best(double[] values) {
        int best = 0;
        for (int i = 1; i < values.length; i++) {
            best = values[i] > values[best] ? i : best;
        }
        return best;
    }
}
