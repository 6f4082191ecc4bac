package dev.dovetail.ir.op;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.dovetail.ir.reference.DoubleTensor;
import dev.dovetail.ir.reference.ReferenceEnvironment;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.TensorType;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Who goes where, on cases small enough to work out by hand. */
class RouteTest {
    private static final double NO = Route.UNCHOSEN;
    private static final double LOST = Route.DROPPED;
    private static final ReferenceEnvironment SCALED = new ReferenceEnvironment(Map.of(Op.LOSS_SCALE, 0.5));

    private static DoubleTensor scores(int batch, double[]... tokens) {
        var type = TensorType.of(
                ElementType.F64,
                Dim.of("sequence", tokens.length / batch),
                Dim.of("batch", batch),
                Dim.of("routes", tokens[0].length));
        return new DoubleTensor(
                type, Arrays.stream(tokens).flatMapToDouble(Arrays::stream).toArray());
    }

    private static Route route(int choices, int capacity) {
        return new Route("routes", choices, capacity, 1, 1, 1, 0);
    }

    private static double[] places(Route route, DoubleTensor... operands) {
        return route.reference(List.of(operands), SCALED).getFirst().values();
    }

    private static double[] row(double... values) {
        return values;
    }

    @Test
    void placesAreHandedOutInTheOrderOfPositionsUntilAQueueIsFull() {
        var prefersTheFirst = row(3, 2, 1);
        var scores = scores(1, prefersTheFirst, prefersTheFirst, row(3, 1, 2), row(1, 2, 3));
        double[] expected = {0, 0, NO, 1, 1, NO, LOST, NO, 0, NO, LOST, 1};
        assertArrayEquals(expected, places(route(2, 2), scores));
    }

    @Test
    void eachSequenceOfABatchHasQueuesOfItsOwn() {
        var scores = scores(2, row(1, 0), row(1, 0), row(1, 0), row(0, 1));
        assertArrayEquals(new double[] {0, NO, 0, NO, 1, NO, NO, 0}, places(route(1, 2), scores));
    }

    @Test
    void equalScoresPreferTheLowerExpert() {
        assertArrayEquals(new double[] {0, 0, NO}, places(route(2, 1), scores(1, row(1, 1, 1))));
    }

    @Test
    void aBiasCountsForTheChoice() {
        var scores = scores(1, row(1, 2, 3));
        var bias = new DoubleTensor(TensorType.of(ElementType.F64, Dim.of("routes", 3)), row(5, 0, 0));
        assertArrayEquals(new double[] {0, NO, NO}, places(route(1, 1), scores, bias));
    }

    /** The best expert stands in the second group, the best two together in the first. */
    @Test
    void groupsAreRankedByTheirVotes() {
        var scores = scores(1, row(4, 4, 5, 0));
        assertArrayEquals(new double[] {NO, NO, 0, NO}, places(new Route("routes", 1, 1, 2, 1, 1, 0), scores));
        assertArrayEquals(new double[] {0, NO, NO, NO}, places(new Route("routes", 1, 1, 2, 1, 2, 0), scores));
    }

    /** w · N · Σ_e (E count_e / (N k)) · mean p_e with the counts held, and what is in excess of an even load. */
    @Test
    void balanceIsAskedOfScoresAndBias() {
        var scores = scores(1, row(3, 2, 1), row(3, 2, 1), row(1, 2, 3));
        var bias = new DoubleTensor(TensorType.of(ElementType.F64, Dim.of("routes", 3)), row(0, 0, 0));
        var route = new Route("routes", 1, 3, 1, 1, 1, 0.1);
        var operands = List.of(scores, bias);
        var backward = new EagerBackward(operands, route.reference(operands, SCALED), List.of(), SCALED);
        var gradients = route.backward(backward);
        // Two tokens chose the first expert, none the second, one the third; the loss scale is a half.
        double[] perToken = {2 * 0.1 * 0.5, 0, 0.1 * 0.5};
        double[] expected = Arrays.copyOf(perToken, 9);
        System.arraycopy(perToken, 0, expected, 3, 3);
        System.arraycopy(perToken, 0, expected, 6, 3);
        assertArrayEquals(
                expected, backward.tensor(gradients.get(0).orElseThrow()).values(), 1e-15);
        assertArrayEquals(
                row(1.5, -1.5, 0),
                backward.tensor(gradients.get(1).orElseThrow()).values(),
                1e-15);
    }
}
