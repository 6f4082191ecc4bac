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
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;

/** Runs a whole model layer by layer in float64: its loss, and the gradient of every parameter. */
public final class ModelInterpreter {
    public static final String SEED = "loss_scale";

    private final Model model;
    private final Map<String, DoubleTensor> parameters = new LinkedHashMap<>();
    private final Map<Input.Source, DoubleTensor> tokens = new HashMap<>();
    private final double lossScale;

    public ModelInterpreter(Model model, long seed) {
        this.model = model;
        var random = new SplittableRandom(seed);
        model.parameters().forEach((name, parameter) -> {
            boolean scale = parameter.initializer().constant() == 1;
            parameters.put(name, Tensors.normal(parameter.value().type(), scale ? 1 : 0, 0.4, random));
        });
        TensorType type = new TensorType(
                ElementType.I32,
                model.layer(0).forward().outputs().getFirst().type().dims().subList(0, 2));
        int vocab = model.definition().vocab();
        tokens.put(Input.Source.TOKENS, Tensors.integers(type, vocab, random));
        tokens.put(Input.Source.TARGETS, Tensors.integers(type, vocab, random));
        tokens.put(Input.Source.POSITIONS, Tensors.positions(type, 0));
        lossScale = 1.0 / type.elements();
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

    /** Full name of a layer's parameter: a tied one goes by the name it is tied to. */
    public String fullName(int layer, Parameter parameter) {
        return parameter.tiedTo().orElse(model.layerName(layer) + "." + parameter.name());
    }

    /** What the layer's graph is given: its parameters, the tokens and {@code stream}. */
    public Map<Value, DoubleTensor> given(int layer, Graph graph, DoubleTensor stream) {
        var given = new HashMap<Value, DoubleTensor>();
        graph.parameters().forEach(p -> given.put(p.value(), parameters.get(fullName(layer, p))));
        for (Input input : graph.inputs()) {
            if (tokens.containsKey(input.source())) {
                given.put(input.value(), tokens.get(input.source()));
            } else if (input.source() == Input.Source.STREAM || input.source() == Input.Source.FIXED_STREAM) {
                given.put(input.value(), stream);
            }
        }
        return given;
    }

    /** The stream into each layer, then the losses. */
    public List<DoubleTensor> streams() {
        return streamsFrom(0, DoubleTensor.zeros(new TensorType(ElementType.F64, List.of())));
    }

    private List<DoubleTensor> streamsFrom(int first, DoubleTensor stream) {
        var streams = new ArrayList<>(List.of(stream));
        for (int layer = first; layer < model.order().size(); layer++) {
            Graph graph = model.layer(layer).forward();
            streams.add(new GraphInterpreter(environment())
                    .outputs(graph, given(layer, graph, streams.getLast()))
                    .getFirst());
        }
        return streams;
    }

    /** Mean loss of a token, when only layers from {@code first} on are evaluated again. */
    public double lossFrom(int first, DoubleTensor stream) {
        double sum = 0;
        for (double loss : streamsFrom(first, stream).getLast().values()) {
            sum += loss;
        }
        return sum * lossScale;
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
        DoubleTensor stream = streams().getFirst();
        for (int layer = 0; layer < model.order().size(); layer++) {
            graphs.add(differentiated(layer, policy));
            Graph forward = pass.apply(graphs.getLast().forward());
            values.add(new GraphInterpreter(environment()).run(forward, given(layer, forward, stream)));
            stream = values.getLast().get(forward.outputs().getFirst());
        }
        var gradients = new LinkedHashMap<String, DoubleTensor>();
        DoubleTensor flowing = stream;
        for (int layer = model.order().size() - 1; layer >= 0; layer--) {
            flowing = backward(layer, graphs.get(layer), values.get(layer), flowing, gradients, pass);
        }
        return gradients;
    }

    private DoubleTensor backward(
            int layer,
            TrainingGraphs graphs,
            Map<Value, DoubleTensor> forwardValues,
            DoubleTensor flowing,
            Map<String, DoubleTensor> gradients,
            UnaryOperator<Graph> pass) {
        Graph backward = pass.apply(graphs.backward());
        var given = new HashMap<Value, DoubleTensor>();
        backward.parameters().forEach(p -> given.put(p.value(), forwardValues.get(p.value())));
        for (Input input : backward.inputs()) {
            given.put(
                    input.value(),
                    input.source() == Input.Source.GRADIENT ? flowing : forwardValues.get(input.value()));
        }
        var values = new GraphInterpreter(environment()).run(backward, given);
        for (Parameter parameter : graphs.forward().parameters().stream()
                .filter(Parameter::trained)
                .toList()) {
            DoubleTensor gradient = values.get(graphs.parameterGradients().get(parameter.name()));
            gradients.merge(fullName(layer, parameter), gradient, ModelInterpreter::sum);
        }
        return graphs.inputGradient().map(values::get).orElse(flowing);
    }

    private static DoubleTensor sum(DoubleTensor a, DoubleTensor b) {
        double[] values = a.values().clone();
        for (int i = 0; i < values.length; i++) {
            values[i] += b.values()[i];
        }
        return new DoubleTensor(a.type(), values);
    }
}
