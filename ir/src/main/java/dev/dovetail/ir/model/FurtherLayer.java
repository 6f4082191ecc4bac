package dev.dovetail.ir.model;

import dev.dovetail.ir.block.BlockContext;
import dev.dovetail.ir.block.ModelDefinition;
import dev.dovetail.ir.block.Names;
import dev.dovetail.ir.graph.Input;
import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.scalar.Scalars;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.ElementType;
import java.util.List;
import java.util.Map;

/**
 * A layer that goes one token further than the one before it: h' = W [norm(embedded token); norm(h)], then what the model's last
 * layer is, and a norm of its own. The table is the model's, and so are the scores that the head makes of it. Beside it flows the
 * model's own stream, which the last of these layers puts back in its place.
 */
final class FurtherLayer {
    private static final String OWN = "own";
    private static final String FURTHER = "further";

    private final Expansion expansion;
    private final ModelDefinition definition;
    private final int number;

    /** @param number from 1: how many tokens behind the next it predicts */
    FurtherLayer(Expansion expansion, int number) {
        this.expansion = expansion;
        this.definition = expansion.definition();
        this.number = number;
    }

    Flow.Layer layer(int of) {
        BlockContext context = expansion.context("further");
        Value before = expansion.stream();
        Map<String, Value> handed = expansion.handedIn();
        handed.putIfAbsent(OWN, before);
        Value x = joined(context, before);
        x = new ExpandLayer(expansion).behind(definition.stacks().getLast(), x, handed);
        handed.put(FURTHER + number, definition.finalNorm() ? context.normalize("norm", x, expansion.width()) : x);
        Value on = number == of ? context.map("own_again", Scalars.arg(0), handed.remove(OWN)) : x;
        return expansion.handOn(on, handed);
    }

    /** What came before and the embedding of the token it led to, as one: their projections side by side are one product's parts. */
    private Value joined(BlockContext context, Value before) {
        Value token = new Embedding(expansion).row(target(expansion, number - 1));
        Value embedded = shaped(context, "token", context.normalize("token_norm", token, expansion.width()));
        Value known = shaped(context, "stream", context.normalize("stream_norm", before, expansion.width()));
        Value both = context.map("joined", Scalars.add(Scalars.arg(0), Scalars.arg(1)), embedded, known);
        return Embedding.renamed(context, both, shaped(), expansion.width());
    }

    private Value shaped(BlockContext context, String name, Value x) {
        return context.project(name, x, List.of(expansion.width()), List.of(shaped()), false, context.weight());
    }

    private Dim shaped() {
        return Dim.of(Names.SHAPED, definition.width());
    }

    /** Streams that further tokens are scored by, the nearest first. */
    static List<Value> streams(Map<String, Value> handed) {
        return handed.entrySet().stream()
                .filter(entry -> entry.getKey().startsWith(FURTHER))
                .map(Map.Entry::getValue)
                .toList();
    }

    /** I32 [sequence, batch]: what is predicted {@code ahead} tokens behind the next. */
    static Value target(Expansion expansion, int ahead) {
        String name = ahead == 0 ? "targets" : "targets_" + ahead + "_further";
        return expansion
                .builder()
                .input(Input.Source.TARGETS, name, expansion.form().tokens(ElementType.I32), ahead);
    }
}
