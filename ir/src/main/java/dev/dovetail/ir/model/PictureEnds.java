package dev.dovetail.ir.model;

import dev.dovetail.ir.block.AdaptiveNorm;
import dev.dovetail.ir.block.BlockContext;
import dev.dovetail.ir.block.Convolution;
import dev.dovetail.ir.block.ExpansionForm;
import dev.dovetail.ir.block.GroupNorm;
import dev.dovetail.ir.block.Latent;
import dev.dovetail.ir.block.Names;
import dev.dovetail.ir.graph.Graph;
import dev.dovetail.ir.graph.GraphBuilder;
import dev.dovetail.ir.graph.Initializer;
import dev.dovetail.ir.graph.Input;
import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.op.Gather;
import dev.dovetail.ir.op.MapOp;
import dev.dovetail.ir.op.MapReduce;
import dev.dovetail.ir.op.Regroup;
import dev.dovetail.ir.op.Splitting;
import dev.dovetail.ir.scalar.Activations;
import dev.dovetail.ir.scalar.ScalarExpr;
import dev.dovetail.ir.scalar.Scalars;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.TensorType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Both ends of a diffusion transformer: patches, time and class in; what is predicted of each patch, or its error, out. */
record PictureEnds(Latent latent, ExpansionForm form, ElementType element) {
    private Dim patch() {
        return Dim.of(Names.PATCH, latent.patchElements());
    }

    private TensorType patches() {
        return TensorType.of(element, form.sequence(), form.batch(), patch());
    }

    Flow.Layer embed(GraphBuilder builder, BlockContext context) {
        Value latents = builder.input(Input.Source.LATENTS, "latents", patches());
        var values = new LinkedHashMap<String, Value>();
        values.put(Flow.STREAM, stream(builder, context, latents));
        values.put(BlockContext.CONDITION, condition(builder, context));
        latent.text().ifPresent(text -> text(builder, context, text, values));
        latent.convolved()
                .filter(Latent.Convolved::kept)
                .ifPresent(ends -> Flow.keep(values, context.map("kept", Scalars.arg(0), values.get(Flow.STREAM))));
        return new Flow.Layer(builder.build(List.copyOf(values.values())), Flow.of(values));
    }

    private Value stream(GraphBuilder builder, BlockContext context, Value latents) {
        if (latent.convolved().isPresent()) {
            int taps = latent.convolved().get().taps();
            return Convolution.of(context, taps)
                    .same("patches", latents, List.of(patch()), List.of(context.width()), context.weight());
        }
        Value x =
                context.project("patches", latents, List.of(patch()), List.of(context.width()), true, context.weight());
        var places = new TensorType(element, List.of(form.sequence(), context.width()));
        Value positions = builder.parameter("positions", places, Initializer.grid(latent.columns()), false);
        return context.map("placed", sum(), x, positions);
    }

    /** What other models made of the text: as wide as the stream, or, where layers cross to it, as it comes. */
    private void text(GraphBuilder builder, BlockContext context, Latent.Text text, Map<String, Value> values) {
        Dim from = Dim.of(Names.TEXT_WIDTH, text.width());
        Dim length = Dim.of(Names.TEXT, text.rows());
        Value rows = builder.input(Input.Source.TEXTS, "texts", TensorType.of(element, length, form.batch(), from));
        if (latent.convolved().isPresent()) {
            var named = new Regroup(List.of(length), List.of(Dim.of(Names.SOURCE, text.rows())));
            values.put(BlockContext.MEMORY, builder.one("memory", named, rows));
            return;
        }
        values.put(BlockContext.TEXT, projected(context, rows, from));
    }

    private static Value projected(BlockContext context, Value rows, Dim from) {
        return context.project("text", rows, List.of(from), List.of(context.width()), true, context.weight());
    }

    private Value condition(GraphBuilder builder, BlockContext context) {
        Latent.Told told = latent.told();
        long wide = told.width() > 0 ? told.width() : context.width().bound();
        Dim hidden = Dim.of(Names.TIME_WIDTH, wide);
        Dim condition = Dim.of(Names.CONDITION, wide);
        Value time = told(builder, context, Input.Source.TIMES, "time", hidden, condition);
        if (told.guided()) {
            Value guidance = told(builder, context, Input.Source.GUIDANCE, "guidance", hidden, condition);
            time = context.map("time_and_guidance", sum(), time, guidance);
        }
        if (latent.text().isPresent()) {
            int pooled = latent.text().get().pooled();
            return pooled == 0
                    ? context.map("condition", Scalars.arg(0), time)
                    : context.map("condition", sum(), time, pooled(builder, context, pooled, condition));
        }
        Value labels = builder.input(Input.Source.LABELS, "labels", TensorType.of(ElementType.I32, form.batch()));
        Value table = context.parameter(
                "classes", List.of(Dim.of(Names.CLASSES, latent.classes() + 1L), condition), context.weight());
        Value label = builder.one("label", new Gather(Names.CLASSES, Optional.empty()), labels, table);
        return context.map("condition", sum(), time, label);
    }

    /** A number, told by sines and cosines, through a hidden layer. */
    private Value told(
            GraphBuilder builder, BlockContext context, Input.Source source, String name, Dim hidden, Dim condition) {
        Dim frequencies = Dim.of(Names.FREQUENCIES, latent.told().frequencies());
        String input = source.name().toLowerCase(Locale.ROOT);
        Value waves = builder.input(source, input, TensorType.of(element, form.batch(), frequencies));
        Value inner =
                context.project(name + "_in", waves, List.of(frequencies), List.of(hidden), true, context.weight());
        Value active = context.map(name + "_activated", Activations.silu(), inner);
        return context.project(name + "_out", active, List.of(hidden), List.of(condition), true, context.weight());
    }

    private static ScalarExpr sum() {
        return Scalars.add(Scalars.arg(0), Scalars.arg(1));
    }

    /** The row that stands for a text, through a hidden layer. */
    private Value pooled(GraphBuilder builder, BlockContext context, int width, Dim condition) {
        Dim from = Dim.of(Names.POOLED_WIDTH, width);
        Dim hidden = Dim.of(Names.POOLED_INNER, condition.bound());
        Value row =
                builder.input(Input.Source.POOLED_TEXTS, "pooled_texts", TensorType.of(element, form.batch(), from));
        Value inner = context.project("pooled_in", row, List.of(from), List.of(hidden), true, context.weight());
        Value active = context.map("pooled_activated", Activations.silu(), inner);
        return context.project("pooled_out", active, List.of(hidden), List.of(condition), true, context.weight());
    }

    Graph head(GraphBuilder builder, BlockContext context, Value x, Value condition) {
        Value ready = latent.convolved()
                .map(ends -> GroupNorm.of(context, ends.groups()).activatedStream("norm", x))
                .orElseGet(() -> AdaptiveNorm.of(context, condition).modulated(x));
        Value predicted = predicted("predicted", context, ready);
        if (latent.learnsVariance()) {
            predicted("variance", context, ready);
        }
        boolean judged = form instanceof ExpansionForm.Training training && training.judged();
        return builder.build(List.of(judged ? error(builder, predicted) : predicted));
    }

    private Value predicted(String name, BlockContext context, Value x) {
        return latent.convolved()
                .map(ends -> Convolution.of(context, ends.taps())
                        .same(name, x, List.of(context.width()), List.of(patch()), Initializer.ZEROS))
                .orElseGet(() ->
                        context.project(name, x, List.of(context.width()), List.of(patch()), true, Initializer.ZEROS));
    }

    /** Mean squared error of each patch, [sequence, batch]; that of a picture whose target is negative does not count. */
    private Value error(GraphBuilder builder, Value predicted) {
        Value noise = builder.input(Input.Source.NOISE, "noise", patches());
        Value targets = builder.input(Input.Source.TARGETS, "targets", TensorType.of(ElementType.I32, form.batch()));
        ScalarExpr difference = Scalars.subtract(Scalars.arg(0), Scalars.arg(1));
        ScalarExpr square = Scalars.multiply(
                Scalars.multiply(difference, difference), Scalars.constant(1.0 / latent.patchElements()));
        TensorType space = predicted.type().withElement(element.statistic());
        Value sum = builder.one(
                "error", new MapReduce(square, space, List.of(Names.PATCH), Splitting.SUM), predicted, noise);
        ScalarExpr padding = Scalars.binary(ScalarExpr.BinaryKind.LESS, Scalars.arg(1), Scalars.constant(0));
        ScalarExpr counted = Scalars.select(padding, Scalars.constant(0), Scalars.arg(0));
        return builder.one("loss", new MapOp(counted, sum.type()), sum, targets);
    }
}
