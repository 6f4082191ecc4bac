package dev.dovetail.ir.model;

import dev.dovetail.ir.block.ExpansionForm;
import dev.dovetail.ir.block.ModelDefinition;
import dev.dovetail.ir.block.ModelDefinition.Stack;
import dev.dovetail.ir.block.ModelDefinition.SubLayer;
import dev.dovetail.ir.block.Passing;
import dev.dovetail.ir.block.Source;
import dev.dovetail.ir.graph.Graph;
import dev.dovetail.ir.graph.GraphBuilder;
import dev.dovetail.ir.graph.Parameter;
import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.tensor.ElementType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Expands a model's definition into operators: embedding, layers, head. Where it reads another model, that one's embedding and
 * layers stand before, and its own embedding is a layer between that takes in what the other gave.
 */
public final class ExpandModel {
    /** What the names of a source's layers begin with. */
    public static final String SOURCE = "encoder.";

    private final ModelDefinition definition;
    private final ExpansionForm form;
    private final ElementType element;
    private final String section;
    private final Layers layers;

    /** All layers so far, and whether any of them trains. */
    private static final class Layers {
        private final List<LayerKind> kinds = new ArrayList<>();
        private final List<Integer> order = new ArrayList<>();
        private boolean train;
        private Flow flow = Flow.NONE;

        void add(LayerKind kind, Flow next) {
            kinds.add(kind);
            order.add(kinds.size() - 1);
            train |= trains(kind.forward());
            flow = next;
        }

        void add(int known, Flow next) {
            order.add(known);
            flow = next;
        }
    }

    private ExpandModel(
            ModelDefinition definition, ExpansionForm form, ElementType element, String section, Layers layers) {
        this.definition = definition;
        this.form = form;
        this.element = element;
        this.section = section;
        this.layers = layers;
    }

    /** Throws {@link dev.dovetail.ir.block.BlockException} where a sub-layer's settings cannot be. */
    public static Model expand(ModelDefinition definition, ExpansionForm form, ElementType element) {
        check(definition);
        var layers = new Layers();
        Optional<Source> source = definition.ends().source();
        // What a source gave is kept while decoding.
        if (source.isPresent() && form instanceof ExpansionForm.Training training) {
            ModelDefinition encoder = source.get().encoder();
            new ExpandModel(encoder, training.ofSource(encoder.context()), element, SOURCE, layers)
                    .addSource(source.get().unread());
        }
        new ExpandModel(definition, form, element, "", layers).addAll();
        return new Model(definition, layers.kinds, layers.order);
    }

    private static void check(ModelDefinition definition) {
        definition.ends().source().map(Source::encoder).ifPresent(ExpandModel::check);
        Passing.check(definition, impossible -> {
            throw impossible;
        });
    }

    private void addSource(int unread) {
        addEmbedding();
        addLayers(unread);
    }

    private void addAll() {
        addEmbedding();
        addLayers(0);
        if (form instanceof ExpansionForm.Training training && training.judged()) {
            definition.ends().head().further().ifPresent(further -> addFurther(further.tokens()));
        }
        layers.add(new LayerKind("head", LayerKind.Role.HEAD, "head", head()), Flow.NONE);
    }

    private void addEmbedding() {
        boolean first = layers.kinds.isEmpty();
        LayerKind.Role role = first ? LayerKind.Role.EMBED : LayerKind.Role.BLOCK;
        Flow.Layer embed = embed();
        layers.add(new LayerKind(bodies("embed"), role, section + "embed", embed.graph()), embed.flow());
    }

    private String bodies(String name) {
        return section.replace('.', '_') + name;
    }

    /** What tells layers apart: what they are, what flows in, whether a gradient flows on, and whether they are passed by. */
    private record Kind(List<SubLayer> subLayers, Flow flow, boolean trainsBefore, boolean unread) {}

    /** A layer that is known by now, and what flows on from it. */
    private record Known(int index, Flow next) {}

    private void addLayers(int unread) {
        var known = new HashMap<Kind, Known>();
        int before = layers.kinds.size();
        long kinds = definition.stacks().stream().map(Stack::kind).distinct().count();
        int left = definition.layers();
        boolean alone = kinds == 1 && unread == 0 && !startsToTrainInside() && !changesFlow();
        for (Stack stack : definition.stacks()) {
            for (int i = 0; i < stack.count(); i++) {
                boolean isUnread = left-- <= unread;
                var kind = new Kind(stack.kind(), layers.flow, layers.train, isUnread);
                Known alike = known.get(kind);
                if (alike == null) {
                    String name = bodies(alone ? "block" : "block" + (layers.kinds.size() - before + 1));
                    Flow.Layer layer = isUnread ? passedBy(layer(name, stack).graph()) : layer(name, stack);
                    known.put(kind, new Known(layers.kinds.size(), layer.flow()));
                    layers.add(
                            new LayerKind(name, LayerKind.Role.BLOCK, section + LayerKind.COUNTED, layer.graph()),
                            layer.flow());
                } else {
                    layers.add(alike.index(), alike.next());
                }
            }
        }
    }

    private void addFurther(int tokens) {
        for (int number = 1; number <= tokens; number++) {
            String name = tokens == 1 ? "further" : "further" + number;
            Flow.Layer layer = new FurtherLayer(expansion(new GraphBuilder(name)), number).layer(tokens);
            layers.add(new LayerKind(name, LayerKind.Role.BLOCK, LayerKind.FURTHER, layer.graph()), layer.flow());
        }
    }

    /** Whether layers of one kind differ by what flows past them. */
    private boolean changesFlow() {
        return definition.stacks().stream()
                .flatMap(stack -> stack.subLayers().stream())
                .anyMatch(subLayer ->
                        subLayer.keeps() || subLayer.takes() || subLayer.block().givesStream());
    }

    /** Whether the first layer is told from the others because nothing before it trains. */
    private boolean startsToTrainInside() {
        Stack first = definition.stacks().getFirst();
        return !layers.train && trains(layer("layer", first).graph()) && definition.layers() > 1;
    }

    /** Weights alone: the stream goes on as it came. */
    private Flow.Layer passedBy(Graph layer) {
        var builder = new GraphBuilder(layer.name());
        var expansion = expansion(builder);
        Value x = expansion.stream();
        Map<String, Value> handed = expansion.handedIn();
        layer.parameters().forEach(p -> builder.parameter(p.name(), p.value().type(), p.initializer(), false));
        return expansion.handOn(expansion.context("passed").map("stream", same(), x), handed);
    }

    private static dev.dovetail.ir.scalar.ScalarExpr same() {
        return dev.dovetail.ir.scalar.Scalars.arg(0);
    }

    private static boolean trains(Graph graph) {
        return graph.parameters().stream().anyMatch(Parameter::trained);
    }

    private Expansion expansion(GraphBuilder builder) {
        return new Expansion(definition, form, element, builder, layers.train, layers.flow);
    }

    private Flow.Layer embed() {
        var builder = new GraphBuilder(bodies("embed"));
        return new Embedding(expansion(builder)).layer();
    }

    private Flow.Layer layer(String name, Stack stack) {
        var builder = new GraphBuilder(name);
        return new ExpandLayer(expansion(builder).here()).layer(stack);
    }

    private Graph head() {
        return new HeadGraph(expansion(new GraphBuilder("head")).here()).graph();
    }
}
