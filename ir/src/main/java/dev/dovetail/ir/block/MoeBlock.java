package dev.dovetail.ir.block;

import dev.dovetail.ir.graph.Initializer;
import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.op.Combine;
import dev.dovetail.ir.op.Dispatch;
import dev.dovetail.ir.op.MapOp;
import dev.dovetail.ir.op.MapReduce;
import dev.dovetail.ir.op.MatMul;
import dev.dovetail.ir.op.Route;
import dev.dovetail.ir.op.Splitting;
import dev.dovetail.ir.scalar.ScalarExpr;
import dev.dovetail.ir.scalar.Scalars;
import dev.dovetail.ir.spec.EntrySchema;
import dev.dovetail.ir.spec.Schema;
import dev.dovetail.ir.spec.Settings;
import dev.dovetail.ir.spec.Slot;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.Extent;
import dev.dovetail.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A mixture of experts (Shazeer et al. 2017, arXiv:1701.06538): a router sends each token to a few of many feed-forward
 * networks, and beside them perhaps to some that see every token (DeepSeekMoE, Dai et al. 2024, arXiv:2401.06066).
 *
 * <p>An expert has a queue of fixed length for each sequence, so shapes do not depend on data, and an expert's products are
 * ordinary ones with experts as a batch dim. Without a capacity the queue holds a whole sequence and nothing is ever dropped;
 * so it is while decoding, whatever the capacity.
 */
public final class MoeBlock implements Block {

    private static final Schema GROUPS = Schema.of(
            "groups",
            EntrySchema.count("kept", "groups whose experts a token may use").mandatory(),
            EntrySchema.count("votes", "best scores of a group that rank it; 1 unless said"));

    private static final Schema SHARED = Schema.of(
            "shared",
            EntrySchema.count("inner", "width of their hidden layer; as of the others unless said"),
            EntrySchema.flag("gate", "what they give is times the sigmoid of a score (Qwen2 MoE)"));

    private static final Schema SCHEMA = Schema.of(
            "moe",
            EntrySchema.count("experts", "experts that tokens are routed to").mandatory(),
            EntrySchema.count("top", "experts of a token").mandatory(),
            EntrySchema.count("inner", "width of an expert's hidden layer").mandatory(),
            EntrySchema.count(
                    "latent",
                    "width that experts work at, to which tokens are projected and back (LatentMoE, Nemotron 3); the model's unless "
                            + "said"),
            FeedForward.entry(false),
            EntrySchema.choice("bias", "whether router and experts have biases", "none", "all"),
            EntrySchema.real(
                    "capacity", "places of an expert, as a multiple of its even share; all tokens unless said"),
            EntrySchema.of(
                            "shared",
                            "experts beside them that see every token; none unless said",
                            List.of(new Slot.Count("value")))
                    .with(SHARED),
            EntrySchema.choice(
                    "scoring",
                    "what makes probabilities of the router's scores; softmax unless said",
                    "softmax",
                    "sigmoid"),
            EntrySchema.choice(
                    "gates",
                    "normalized unless said: the weights of a token's experts add up to one",
                    "normalized",
                    "raw"),
            EntrySchema.real("scale", "factor on the gates; 1 unless said"),
            EntrySchema.of(
                            "groups",
                            "groups of neighbouring experts of which a token uses only some",
                            List.of(new Slot.Count("value")))
                    .with(GROUPS),
            EntrySchema.flag(
                    "choice_bias", "a learned bias for the choice alone, moved against uneven loads (DeepSeek-V3)"),
            EntrySchema.real("balance_loss", "weight of the auxiliary loss that evens loads; none unless said"));

    @Override
    public Schema schema() {
        return SCHEMA;
    }

    @Override
    public void validate(ModelDefinition model, Settings settings) {
        long experts = settings.count("experts").orElseThrow();
        long top = settings.count("top").orElseThrow();
        require(settings, "experts", experts >= 1, "moe needs at least one expert", "say `experts 8`");
        require(
                settings,
                "top",
                top >= 1 && top <= experts,
                "a token cannot use " + top + " of " + experts + " experts",
                "`top` is at least 1 and at most `experts`");
        require(
                settings,
                "inner",
                settings.count("inner").orElseThrow() >= 1,
                "moe needs a positive inner width",
                "say `inner 4 * width`");
        require(
                settings,
                "latent",
                settings.count("latent").orElse(1L) >= 1,
                "experts need a positive width to work at",
                "leave `latent` out for the model's own");
        require(
                settings,
                "capacity",
                settings.real("capacity").orElse(1.0) > 0,
                "an expert without places takes no token",
                "leave `capacity` out to drop nothing");
        require(
                settings,
                "balance_loss",
                settings.real("balance_loss").orElse(0.0) >= 0,
                "a negative balance loss would drive loads apart",
                "say `balance_loss 0.01`");
        settings.group("groups").ifPresent(groups -> validateGroups(settings, groups, experts, top));
    }

    private static void validateGroups(Settings settings, Settings groups, long experts, long top) {
        long count = groups.count("value").orElse(1L);
        long kept = groups.count("kept").orElse(count);
        boolean divides = count >= 1 && experts % count == 0;
        require(
                settings,
                "groups",
                divides,
                experts + " experts do not come in " + count + " equal groups",
                "choose groups that divide the experts");
        require(
                settings,
                "groups",
                kept >= 1 && kept <= count && kept * (experts / count) >= top,
                "a token cannot use " + top + " experts of " + kept + " groups of " + experts / count,
                "keep more groups");
        long votes = groups.count("votes").orElse(1L);
        require(
                settings,
                "groups",
                votes >= 1 && votes <= experts / count,
                "a group of " + experts / count + " has no " + votes + " best scores",
                "say `votes 1`");
    }

    private static void require(Settings settings, String entry, boolean holds, String message, String help) {
        if (!holds) {
            throw new BlockException(settings.originOf(entry), message, help);
        }
    }

    @Override
    public Value expand(BlockContext context, Settings settings, Value x) {
        Dim routes = Dim.of(Names.ROUTES, settings.count("experts").orElseThrow());
        boolean bias = settings.word("bias").orElse("none").equals("all");
        Value scores = context.project("router", x, List.of(context.width()), List.of(routes), bias, context.weight());
        Value probabilities = probabilities(context, settings, scores);
        Value places = places(context, settings, probabilities);
        Value gates = gates(context, settings, probabilities, places);
        Value out = experts(context, settings, x, places, gates);
        return settings.has("shared")
                ? context.map(
                        "with_shared", Scalars.add(Scalars.arg(0), Scalars.arg(1)), out, shared(context, settings, x))
                : out;
    }

    private static Value probabilities(BlockContext context, Settings settings, Value scores) {
        // Scores decide; in half precision many would be equal.
        TensorType space = scores.type().withElement(scores.type().element().statistic());
        ScalarExpr score = Scalars.arg(0);
        if (settings.word("scoring").orElse("softmax").equals("sigmoid")) {
            return context.builder().one("probabilities", map(Scalars.sigmoid(score), space), scores);
        }
        Value max = reduce(context, "highest", score, space, Splitting.MAX, scores);
        ScalarExpr power = Scalars.exp(Scalars.subtract(score, Scalars.detach(Scalars.arg(1))));
        Value total = reduce(context, "total", power, space, Splitting.SUM, scores, max);
        return context.builder()
                .one("probabilities", map(Scalars.divide(power, Scalars.arg(2)), space), scores, max, total);
    }

    private static MapOp map(ScalarExpr expr, TensorType type) {
        return new MapOp(expr, type);
    }

    private static Value reduce(
            BlockContext context, String name, ScalarExpr expr, TensorType space, Splitting reduction, Value... reads) {
        return context.builder().one(name, new MapReduce(expr, space, List.of(Names.ROUTES), reduction), reads);
    }

    private static Value places(BlockContext context, Settings settings, Value probabilities) {
        Optional<Settings> groups = settings.group("groups");
        int count = groups.flatMap(g -> g.count("value")).orElse(1L).intValue();
        var route = new Route(
                Names.ROUTES,
                settings.count("top").orElseThrow().intValue(),
                capacity(context, settings).bound(),
                count,
                groups.flatMap(g -> g.count("kept")).orElse((long) count).intValue(),
                groups.flatMap(g -> g.count("votes")).orElse(1L).intValue(),
                balanceLoss(context, settings));
        if (!settings.has("choice_bias")) {
            return context.builder().one("places", route, probabilities);
        }
        Value bias = context.parameter(
                "choice_bias", List.of(probabilities.type().dims().getLast()), Initializer.ZEROS);
        return context.builder().one("places", route, probabilities, bias);
    }

    /** Loads are evened while a model trains. */
    private static double balanceLoss(BlockContext context, Settings settings) {
        return context.form() instanceof ExpansionForm.Training
                ? settings.real("balance_loss").orElse(0.0)
                : 0;
    }

    /** Places in each queue: choices · ⌊capacity · ⌈tokens / experts⌉⌋, as in Tutel, and never more than there are tokens. */
    private static Dim capacity(BlockContext context, Settings settings) {
        Extent tokens = context.form().sequence().extent();
        boolean drops = settings.has("capacity") && context.form() instanceof ExpansionForm.Training;
        if (!drops) {
            return new Dim(Names.CAPACITY, tokens);
        }
        long experts = settings.count("experts").orElseThrow();
        long share = (tokens.bound() + experts - 1) / experts;
        double places = settings.count("top").orElseThrow()
                * Math.floor(settings.real("capacity").orElseThrow() * share);
        return Dim.of(Names.CAPACITY, (long) Math.clamp(places, 1, tokens.bound()));
    }

    /** Weights of a token's experts; one whose queue was full still counts in the sum that they are divided by. */
    private static Value gates(BlockContext context, Settings settings, Value probabilities, Value places) {
        ScalarExpr unchosen =
                Scalars.binary(ScalarExpr.BinaryKind.LESS, Scalars.arg(1), Scalars.constant(Route.DROPPED));
        ScalarExpr chosen = Scalars.select(unchosen, Scalars.constant(0), Scalars.arg(0));
        ScalarExpr scale = Scalars.constant(settings.real("scale").orElse(1.0));
        TensorType space = probabilities.type();
        if (settings.word("gates").orElse("normalized").equals("raw")) {
            return context.builder().one("gates", map(Scalars.multiply(chosen, scale), space), probabilities, places);
        }
        Value total = reduce(context, "chosen_total", chosen, space, Splitting.SUM, probabilities, places);
        ScalarExpr normalized = Scalars.divide(Scalars.multiply(chosen, scale), Scalars.arg(2));
        return context.builder().one("gates", map(normalized, space), probabilities, places, total);
    }

    private static Value experts(BlockContext context, Settings settings, Value x, Value places, Value gates) {
        Dim experts = Dim.of(Names.EXPERTS, settings.count("experts").orElseThrow());
        Dim inner = Dim.of(Names.EXPERT_INNER, settings.count("inner").orElseThrow());
        boolean bias = settings.word("bias").orElse("none").equals("all");
        Dim width = settings.count("latent").isPresent()
                ? Dim.of(Names.EXPERT_WIDTH, settings.count("latent").get())
                : context.width();
        Value tokens = between(context, "down", x, context.width(), width, context.weight());
        var dispatch = new Dispatch(experts, capacity(context, settings), Optional.empty());
        Value queues = context.builder().one("queues", dispatch, tokens, places);
        var expert = new Expert(context, experts, bias);
        FeedForward function = FeedForward.of(settings.word("activation"));
        Value linear = expert.project("in", queues, width, inner, context.weight());
        Optional<Value> gate = function.isGated()
                ? Optional.of(expert.project("gate", queues, width, inner, context.weight()))
                : Optional.empty();
        Value hidden = function.hidden(context, linear, gate);
        Value y = expert.project("out", hidden, inner, width, context.residualOutput());
        Value combined =
                context.builder().one("combined", new Combine(Names.EXPERTS, Optional.empty()), y, places, gates);
        return between(context, "up", combined, width, context.width(), context.residualOutput());
    }

    /** From the model's width to that of the experts or back; nothing where they are one. */
    private static Value between(
            BlockContext context, String name, Value x, Dim from, Dim to, Initializer initializer) {
        return from.equals(to) ? x : context.project(name, x, List.of(from), List.of(to), false, initializer);
    }

    /** Projections that every expert has of its own. */
    private record Expert(BlockContext context, Dim experts, boolean bias) {

        Value project(String name, Value x, Dim from, Dim to, Initializer initializer) {
            Value weight = context.parameter(name, List.of(experts, from, to), initializer);
            var dims = new ArrayList<>(x.type().names());
            dims.set(dims.size() - 1, to.name());
            Value product = context.builder().one(name, new MatMul(dims), x, weight);
            Value y = context.adapted(name, x, product, List.of(experts), List.of(from), List.of(to));
            return bias
                    ? context.map(
                            name + "_biased",
                            Scalars.add(Scalars.arg(0), Scalars.arg(1)),
                            y,
                            context.parameter(name + "_bias", List.of(experts, to), Initializer.ZEROS))
                    : y;
        }
    }

    private static Value shared(BlockContext context, Settings settings, Value x) {
        BlockContext shared = context.named(context.prefix() + ".shared");
        Settings about = settings.group("shared").orElse(Settings.empty("shared"));
        long inner = about.count("inner").orElse(settings.count("inner").orElseThrow());
        long hidden = settings.count("shared").orElseThrow() * inner;
        var layer = List.of(Dim.of(Names.INNER, hidden));
        var width = List.of(context.width());
        FeedForward function = FeedForward.of(settings.word("activation"));
        Value linear = shared.project("in", x, width, layer, false, context.weight());
        Optional<Value> gate = function.isGated()
                ? Optional.of(shared.project("gate", x, width, layer, false, context.weight()))
                : Optional.empty();
        Value activated = function.hidden(shared, linear, gate);
        Value y = shared.project("out", activated, layer, width, false, context.residualOutput());
        return about.has("gate") ? scored(shared, x, y) : y;
    }

    /** What a token's shared experts give, times the sigmoid of how much it wants them. */
    private static Value scored(BlockContext shared, Value x, Value y) {
        Value weights = shared.parameter("score", List.of(shared.width()), shared.weight());
        var product = new MapReduce(
                Scalars.multiply(Scalars.arg(0), Scalars.arg(1)), x.type(), List.of(Names.WIDTH), Splitting.SUM);
        Value score = shared.builder().one("score", product, x, weights);
        return shared.map("scored", Scalars.multiply(Scalars.arg(0), Scalars.sigmoid(Scalars.arg(1))), y, score);
    }
}
