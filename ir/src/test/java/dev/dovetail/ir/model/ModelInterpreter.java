package dev.dovetail.ir.model;

import dev.dovetail.ir.graph.Differentiate;
import dev.dovetail.ir.graph.Graph;
import dev.dovetail.ir.graph.Input;
import dev.dovetail.ir.graph.Parameter;
import dev.dovetail.ir.graph.SavePolicy;
import dev.dovetail.ir.graph.TrainingGraphs;
import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.reference.DoubleTensor;
import dev.dovetail.ir.reference.GraphInterpreter;
import dev.dovetail.ir.reference.ReferenceEnvironment;
import dev.dovetail.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/** Runs a whole model layer by layer in float64: its loss, and the gradient of every parameter. */
public final class ModelInterpreter {
    public static final String SEED = "loss_scale";

    private final Model model;
    private final Map<String, DoubleTensor> parameters = new LinkedHashMap<>();
    private final Map<Input.Source, DoubleTensor> tokens = new HashMap<>();
    private final Map<Integer, DoubleTensor> targetsAhead = new HashMap<>();
    private final double lossScale;

    public ModelInterpreter(Model model, long seed) {
        this.model = model;
        var random = new SplittableRandom(seed);
        model.parameters().forEach((name, parameter) -> {
            boolean scale = parameter.initializer().constant() == 1;
            parameters.put(name, Tensors.normal(parameter.value().type(), scale ? 1 : 0, 0.4, random));
        });
        for (LayerKind kind : model.kinds()) {
            kind.forward().inputs().forEach(input -> addGiven(input, random));
        }
        // A pair is scored, and nothing says how well it should fit.
        lossScale = tokens.containsKey(Input.Source.TARGETS)
                ? 1.0 / tokens.get(Input.Source.TARGETS).type().elements()
                : 1;
    }

    private void addGiven(Input input, SplittableRandom random) {
        TensorType type = input.value().type();
        int vocab = model.definition().vocab();
        switch (input.source()) {
            case TOKENS, SOURCE_TOKENS -> give(input, Tensors.integers(type, vocab, random));
            case TARGETS -> give(input, Tensors.integers(type, vocab, random));
            case TOKEN_TYPES ->
                give(input, Tensors.integers(type, model.definition().ends().tokenTypes(), random));
            case SIGNAL, LATENTS, NOISE, TEXTS, POOLED_TEXTS -> give(input, Tensors.normal(type, 0, 1, random));
            // A time is told by hundreds of numbers; were they large, conditions would be, and slopes no slopes.
            case TIMES, GUIDANCE -> give(input, Tensors.normal(type, 0, 0.1, random));
            case LABELS ->
                give(
                        input,
                        Tensors.integers(
                                type, model.definition().latent().orElseThrow().classes(), random));
            case POSITIONS, STREAM, FIXED_STREAM, CACHE, SAVED, GRADIENT -> {}
        }
    }

    private void give(Input input, DoubleTensor tensor) {
        if (input.ahead() > 0) {
            targetsAhead.putIfAbsent(input.ahead(), tensor);
        } else {
            tokens.putIfAbsent(input.source(), tensor);
        }
    }

    public Map<String, DoubleTensor> parameters() {
        return parameters;
    }

    public Map<Input.Source, DoubleTensor> tokens() {
        return tokens;
    }

    public ReferenceEnvironment environment() {
        return new ReferenceEnvironment(Map.of(SEED, lossScale));
    }

    /** The first layer of each kind. */
    public static List<Integer> firstOfEachKind(Model model) {
        return IntStream.range(0, model.kinds().size())
                .mapToObj(model.order()::indexOf)
                .toList();
    }

    /** Full name of a layer's parameter: a tied one goes by the name it is tied to. */
    public String fullName(int layer, Parameter parameter) {
        return parameter.tiedTo().orElse(model.layerName(layer) + "." + parameter.name());
    }

    /** What the layer's graph is given: its parameters, the tokens and {@code stream}. */
    public Map<Value, DoubleTensor> given(int layer, Graph graph, List<DoubleTensor> stream) {
        var given = new HashMap<Value, DoubleTensor>();
        graph.parameters().forEach(p -> given.put(p.value(), parameters.get(fullName(layer, p))));
        int taken = 0;
        for (Input input : graph.inputs()) {
            if (input.source() == Input.Source.POSITIONS) {
                // A source may be longer than what reads it.
                given.put(input.value(), Tensors.positions(input.value().type(), 0));
            } else if (input.ahead() > 0) {
                given.put(input.value(), targetsAhead.get(input.ahead()));
            } else if (tokens.containsKey(input.source())) {
                given.put(input.value(), tokens.get(input.source()));
            } else if (input.source() == Input.Source.STREAM || input.source() == Input.Source.FIXED_STREAM) {
                given.put(input.value(), stream.get(taken++));
            }
        }
        return given;
    }

    /** What goes into each layer from the one before, then the losses. */
    public List<List<DoubleTensor>> streams() {
        var streams = new ArrayList<List<DoubleTensor>>(List.of(List.of()));
        var values = forward();
        for (int layer = 0; layer < values.size(); layer++) {
            streams.add(model.layer(layer).forward().outputs().stream()
                    .map(values.get(layer)::get)
                    .toList());
        }
        return streams;
    }

    /** Every value of each layer's forward graph. */
    public List<Map<Value, DoubleTensor>> forward() {
        var values = new ArrayList<Map<Value, DoubleTensor>>();
        List<DoubleTensor> stream = List.of();
        for (int layer = 0; layer < model.order().size(); layer++) {
            Graph graph = model.layer(layer).forward();
            values.add(new GraphInterpreter(environment()).run(graph, given(layer, graph, stream)));
            stream = graph.outputs().stream().map(values.getLast()::get).toList();
        }
        return values;
    }

    /**
     * Mean of all losses of a token, when only what depends on one parameter is evaluated again.
     *
     * @param before what {@link #forward()} gave when the parameter had other values
     */
    public double lossAgain(List<Map<Value, DoubleTensor>> before, String parameter) {
        List<Optional<DoubleTensor>> stream = List.of();
        for (int layer = 0; layer < model.order().size(); layer++) {
            Graph graph = model.layer(layer).forward();
            var changed = changed(layer, graph, stream, parameter);
            var fresh = changed.isEmpty()
                    ? changed
                    : new GraphInterpreter(environment()).again(graph, before.get(layer), changed);
            stream = graph.outputs().stream()
                    .map(output -> Optional.ofNullable(fresh.get(output)))
                    .toList();
        }
        double sum = 0;
        List<Value> losses = model.kinds().getLast().forward().outputs();
        for (int i = 0; i < losses.size(); i++) {
            DoubleTensor old = before.getLast().get(losses.get(i));
            for (double loss : stream.get(i).orElse(old).values()) {
                sum += loss;
            }
        }
        return sum * lossScale;
    }

    /** What a layer reads that is not as it was: the parameter, and of the stream what was evaluated again. */
    private Map<Value, DoubleTensor> changed(
            int layer, Graph graph, List<Optional<DoubleTensor>> stream, String parameter) {
        var changed = new HashMap<Value, DoubleTensor>();
        for (Parameter each : graph.parameters()) {
            if (fullName(layer, each).equals(parameter)) {
                changed.put(each.value(), parameters.get(parameter));
            }
        }
        int taken = 0;
        for (Input input : graph.inputs()) {
            if (input.source() == Input.Source.STREAM || input.source() == Input.Source.FIXED_STREAM) {
                stream.get(taken++).ifPresent(fresh -> changed.put(input.value(), fresh));
            }
        }
        return changed;
    }

    public TrainingGraphs differentiated(int layer, SavePolicy policy) {
        LayerKind kind = model.layer(layer);
        if (!kind.hasBackward()) {
            return TrainingGraphs.frozen(kind.forward());
        }
        return kind.role() == LayerKind.Role.HEAD
                ? Differentiate.loss(kind.forward(), policy, SEED)
                : Differentiate.layer(kind.forward(), policy);
    }

    /** Gradient of every parameter by full name, through forward and backward graphs rewritten by {@code pass}. */
    public Map<String, DoubleTensor> gradients(SavePolicy policy, UnaryOperator<Graph> pass) {
        var graphs = new ArrayList<TrainingGraphs>();
        var values = new ArrayList<Map<Value, DoubleTensor>>();
        List<DoubleTensor> stream = List.of();
        for (int layer = 0; layer < model.order().size(); layer++) {
            graphs.add(differentiated(layer, policy));
            Graph forward = pass.apply(graphs.getLast().forward());
            values.add(new GraphInterpreter(environment()).run(forward, given(layer, forward, stream)));
            var results = values.getLast();
            int passed = model.layer(layer).forward().outputs().size();
            stream = forward.outputs().subList(0, passed).stream()
                    .map(results::get)
                    .toList();
        }
        var gradients = new LinkedHashMap<String, DoubleTensor>();
        List<DoubleTensor> flowing = List.of();
        for (int layer = model.order().size() - 1; layer >= 0; layer--) {
            flowing = backward(layer, graphs.get(layer), values.get(layer), flowing, gradients, pass);
        }
        return gradients;
    }

    private List<DoubleTensor> backward(
            int layer,
            TrainingGraphs graphs,
            Map<Value, DoubleTensor> forwardValues,
            List<DoubleTensor> flowing,
            Map<String, DoubleTensor> gradients,
            UnaryOperator<Graph> pass) {
        Graph backward = pass.apply(graphs.backward());
        var given = new HashMap<Value, DoubleTensor>();
        backward.parameters().forEach(p -> given.put(p.value(), forwardValues.get(p.value())));
        int taken = 0;
        for (Input input : backward.inputs()) {
            boolean flows = input.source() == Input.Source.GRADIENT;
            given.put(input.value(), flows ? flowing.get(taken++) : forwardValues.get(input.value()));
        }
        var values = new GraphInterpreter(environment()).run(backward, given);
        for (Parameter parameter : graphs.forward().parameters().stream()
                .filter(Parameter::trained)
                .toList()) {
            DoubleTensor gradient = values.get(graphs.parameterGradients().get(parameter.name()));
            gradients.merge(fullName(layer, parameter), gradient, ModelInterpreter::sum);
        }
        return graphs.inputGradients().stream().map(values::get).toList();
    }

    private static DoubleTensor sum(DoubleTensor a, DoubleTensor b) {
        double[] values = a.values().clone();
        for (int i = 0; i < values.length; i++) {
            values[i] += b.values()[i];
        }
        return new DoubleTensor(a.type(), values);
    }
}
