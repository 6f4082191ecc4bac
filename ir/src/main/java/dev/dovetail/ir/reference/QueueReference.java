package dev.dovetail.ir.reference;

import dev.dovetail.ir.tensor.TensorType;
import java.util.List;
import java.util.Optional;

/**
 * Tokens into experts' queues and back, one element at a time.
 *
 * @param first the first expert whose queues are held
 * @param stretch the first place of their stretch that is held
 */
public record QueueReference(int first, int stretch) {

    public static QueueReference of(ReferenceEnvironment environment, Optional<String> start, Optional<Long> stretch) {
        return new QueueReference(
                start.map(s -> (int) environment.symbol(s)).orElse(0),
                stretch.map(Math::toIntExact).orElse(0));
    }

    private interface CopyVisitor {
        /** One element of a token's copy: its place among tokens, in the queues and among the routes. */
        void visit(int token, int queue, int route);
    }

    /** x, places and perhaps gates to queues. */
    public DoubleTensor dispatch(List<DoubleTensor> operands, TensorType queues) {
        DoubleTensor result = DoubleTensor.zeros(queues);
        double[] x = operands.get(0).values();
        copies(
                queues,
                operands.get(1),
                (token, queue, route) -> result.values()[queue] = x[token] * gate(operands, route));
        return result;
    }

    /** Queues, places and perhaps gates to tokens. */
    public DoubleTensor combine(List<DoubleTensor> operands, TensorType tokens) {
        DoubleTensor result = DoubleTensor.zeros(tokens);
        double[] y = operands.get(0).values();
        copies(
                operands.get(0).type(),
                operands.get(1),
                (token, queue, route) -> result.values()[token] += y[queue] * gate(operands, route));
        return result;
    }

    /** Gradient of the tokens, queues and places to the gradient of the gates. */
    public DoubleTensor gateGradient(List<DoubleTensor> operands, TensorType gates) {
        DoubleTensor result = DoubleTensor.zeros(gates);
        double[] gradient = operands.get(0).values();
        double[] y = operands.get(1).values();
        copies(
                operands.get(1).type(),
                operands.get(2),
                (token, queue, route) -> result.values()[route] += gradient[token] * y[queue]);
        return result;
    }

    private static double gate(List<DoubleTensor> operands, int route) {
        return operands.size() > 2 ? operands.get(2).values()[route] : 1;
    }

    private void copies(TensorType queues, DoubleTensor places, CopyVisitor visitor) {
        int held = (int) queues.dims().get(0).bound();
        int batch = (int) queues.dims().get(1).bound();
        int capacity = (int) queues.dims().get(2).bound();
        int width = (int) queues.dims().get(3).bound();
        int routes = (int) places.type().dims().get(2).bound();
        for (int at = 0; at < places.values().length; at++) {
            int expert = at % routes - first;
            int place = (int) places.values()[at] - stretch;
            if (place < 0 || place >= capacity || expert < 0 || expert >= held) {
                continue;
            }
            int token = at / routes;
            int queue = (expert * batch + token % batch) * capacity + place;
            for (int column = 0; column < width; column++) {
                visitor.visit(token * width + column, queue * width + column, at);
            }
        }
    }
}
