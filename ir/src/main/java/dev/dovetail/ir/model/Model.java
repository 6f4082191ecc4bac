package dev.dovetail.ir.model;

import dev.dovetail.ir.block.Latent;
import dev.dovetail.ir.block.ModelDefinition;
import dev.dovetail.ir.block.ModelDefinition.Stack;
import dev.dovetail.ir.graph.Parameter;
import dev.dovetail.ir.tensor.Extent;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A model expanded into operators: its kinds of layer, and the order they stand in.
 *
 * @param kinds each distinct layer, embedding first and head last
 * @param order for every layer from input to output, the index of its kind
 */
public record Model(ModelDefinition definition, List<LayerKind> kinds, List<Integer> order) {

    public Model {
        kinds = List.copyOf(kinds);
        order = List.copyOf(order);
    }

    public String name() {
        return definition.name();
    }

    public LayerKind layer(int index) {
        return kinds.get(order.get(index));
    }

    /** Layers between embedding and head. */
    public int blocks() {
        return (int) order.stream()
                .filter(k -> kinds.get(k).role() == LayerKind.Role.BLOCK)
                .count();
    }

    /** Name of layer {@code index}: {@code embed}, {@code layers.0} …, {@code head}; {@code encoder.layers.0} of a source's. */
    public String layerName(int index) {
        String path = layer(index).path();
        if (!path.endsWith(LayerKind.COUNTED)) {
            return path;
        }
        return path + "." + (index - firstOf(path, index));
    }

    private int firstOf(String path, int index) {
        int first = index;
        while (layer(first - 1).path().equals(path)) {
            first--;
        }
        return first;
    }

    /**
     * The stack that layer {@code index} is of, its source's or its own, or is like where it predicts further; empty for those
     * that are counted in none.
     */
    public Optional<Stack> stackOf(int index) {
        String path = layer(index).path();
        if (path.equals(LayerKind.FURTHER)) {
            return Optional.of(definition.stacks().getLast());
        }
        if (!path.endsWith(LayerKind.COUNTED)) {
            return Optional.empty();
        }
        ModelDefinition of = path.startsWith(ExpandModel.SOURCE)
                ? definition.ends().source().orElseThrow().encoder()
                : definition;
        return Optional.of(of.stackOf(index - firstOf(path, index)));
    }

    /** Every parameter once, by full name ({@code layers.3.attention.q}); tied ones under the name they are tied to. */
    public Map<String, Parameter> parameters() {
        var all = new LinkedHashMap<String, Parameter>();
        for (int i = 0; i < order.size(); i++) {
            for (Parameter parameter : layer(i).forward().parameters()) {
                if (parameter.tiedTo().isEmpty()) {
                    all.put(layerName(i) + "." + parameter.name(), parameter);
                }
            }
        }
        return all;
    }

    /** Elements of all parameters, tied ones counted once. */
    public long parameterCount() {
        return order.stream()
                .flatMap(kind -> kinds.get(kind).forward().parameters().stream())
                .filter(this::counts)
                .mapToLong(parameter -> parameter.value().type().elements())
                .sum();
    }

    /**
     * Whether a parameter is one of published files: not where another layer has it, nor a table of places that is worked out
     * anew (SD3, whose pictures are asked for by text; M2M-100).
     */
    boolean counts(Parameter parameter) {
        boolean byText = definition.latent().flatMap(Latent::text).isPresent();
        boolean anew = byText || definition.positions() == ModelDefinition.Positions.WAVES;
        return parameter.tiedTo().isEmpty() && !(anew && parameter.initializer().columns() != 0);
    }

    /** The same model with some dims of other extents, such as a micro-batch of 4. */
    public Model withExtents(Map<String, Extent> extents) {
        return new Model(
                definition,
                kinds.stream()
                        .map(k -> new LayerKind(
                                k.name(), k.role(), k.path(), k.forward().withExtents(extents)))
                        .toList(),
                order);
    }
}
