package dev.dovetail.ir.block;

import dev.dovetail.ir.graph.Initializer;
import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.op.Regroup;
import dev.dovetail.ir.scalar.Activations;
import dev.dovetail.ir.scalar.Scalars;
import dev.dovetail.ir.tensor.Dim;
import java.util.List;

/**
 * Group norm (Wu and He 2018, arXiv:1803.08494): all places of a group of channels together, with a scale and a shift for each
 * channel.
 *
 * @param groups that channels come in; each has as many
 */
public record GroupNorm(BlockContext context, Dim groups) {

    public static GroupNorm of(BlockContext context, long groups) {
        return new GroupNorm(context, Dim.of(Names.GROUPS, groups));
    }

    /** Of a stream, [sequence, batch, width]: the same dims. */
    Value ofStream(String name, Value x) {
        Dim width = x.type().dims().getLast();
        Dim each = Dim.of(Names.GROUP_WIDTH, width.bound() / groups.bound());
        Value cut = context.builder().one(name + "_groups", new Regroup(List.of(width), List.of(groups, each)), x);
        Value normed = of(name, cut, each);
        return context.builder().one(name + "_whole", new Regroup(List.of(groups, each), List.of(width)), normed);
    }

    /** SiLU of the norm of a stream. */
    public Value activatedStream(String name, Value x) {
        return context.map(name + "_activated", Activations.silu(), ofStream(name, x));
    }

    /** SiLU of the norm of [sequence, batch, groups, channels of a group]. */
    Value activated(String name, Value x) {
        Value normed = of(name, x, x.type().dims().getLast());
        return context.map(name + "_activated", Activations.silu(), normed);
    }

    private Value of(String name, Value x, Dim each) {
        var over = List.of(context.form().sequence(), each);
        Value centred = ComposedNorm.centred(context, name, x, over);
        Value scaled = ComposedNorm.scaled(context, name, centred, over, List.of(groups, each));
        Value shift = context.parameter(name + "_shift", List.of(groups, each), Initializer.ZEROS);
        return context.map(name + "_shifted", Scalars.add(Scalars.arg(0), Scalars.arg(1)), scaled, shift);
    }
}
