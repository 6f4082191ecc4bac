package dev.dovetail.ir.model;

import dev.dovetail.ir.block.BlockContext;
import dev.dovetail.ir.block.ModelDefinition.Positions;
import dev.dovetail.ir.block.Names;
import dev.dovetail.ir.block.Signal;
import dev.dovetail.ir.graph.GraphBuilder;
import dev.dovetail.ir.graph.Initializer;
import dev.dovetail.ir.graph.Input;
import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.op.Join;
import dev.dovetail.ir.op.MapOp;
import dev.dovetail.ir.op.MapReduce;
import dev.dovetail.ir.op.MatMul;
import dev.dovetail.ir.op.Regroup;
import dev.dovetail.ir.op.Shift;
import dev.dovetail.ir.op.Splitting;
import dev.dovetail.ir.scalar.Activations;
import dev.dovetail.ir.scalar.ScalarExpr;
import dev.dovetail.ir.scalar.ScalarExpr.BinaryKind;
import dev.dovetail.ir.scalar.ScalarExpr.IndexOf;
import dev.dovetail.ir.scalar.Scalars;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.TensorType;
import java.util.List;

/** Makes rows of the stream from pictures and sound. */
final class SignalRows {
    private static final String FRAMES = "frames";
    private static final String TAPS = "taps";
    private static final String LEADING = "leading";

    private final Expansion expansion;
    private final GraphBuilder builder;
    private final BlockContext context;
    private final Dim sequence;

    SignalRows(Expansion expansion) {
        this.expansion = expansion;
        this.builder = expansion.builder();
        this.context = expansion.context("embed");
        this.sequence = expansion.form().sequence();
    }

    /** Projected patches behind learned rows, each told its place. */
    Value ofPicture(Signal.Picture picture) {
        Dim patch = Dim.of(Names.PATCH, picture.elements());
        Value patches = input(sequence, patch);
        var width = List.of(expansion.width());
        Value x = context.project("patches", patches, List.of(patch), width, false, context.weight());
        int before = picture.leading() + picture.registers();
        if (before > 0) {
            Value rows =
                    context.parameter(LEADING, List.of(Dim.of(LEADING, before), expansion.width()), context.weight());
            x = context.map("led", sum(), x, chosen("lead", rows, new IndexOf(Names.SEQUENCE)));
        }
        if (picture.masked()) {
            TensorType row = TensorType.of(expansion.element(), expansion.width());
            builder.parameter("mask_row", row, context.weight(), false);
        }
        if (picture.bias()) {
            Value bias = context.parameter("patches_bias", width, Initializer.ZEROS);
            ScalarExpr isBefore =
                    Scalars.binary(BinaryKind.LESS, new IndexOf(Names.SEQUENCE), Scalars.constant(before));
            ScalarExpr biased = Scalars.select(isBefore, Scalars.arg(0), sum());
            x = context.map("patches_biased", biased, x, bias);
        }
        if (expansion.definition().positions() != Positions.LEARNED) {
            return x;
        }
        Value places = context.parameter(
                "positions", List.of(Dim.of(Names.POSITIONS, picture.places()), expansion.width()), context.weight());
        return context.map("placed", sum(), x, chosen("place", places, place(picture)));
    }

    /** Where each row's place is told; registers have none. */
    private static ScalarExpr place(Signal.Picture picture) {
        ScalarExpr row = new IndexOf(Names.SEQUENCE);
        if (picture.registers() == 0) {
            return row;
        }
        int before = picture.leading() + picture.registers();
        ScalarExpr isLeading = Scalars.binary(BinaryKind.LESS, row, Scalars.constant(picture.leading()));
        ScalarExpr isRegister = Scalars.binary(BinaryKind.LESS, row, Scalars.constant(before));
        ScalarExpr behind = Scalars.subtract(row, Scalars.constant(picture.registers()));
        return Scalars.select(isLeading, row, Scalars.select(isRegister, Scalars.constant(-1), behind));
    }

    /** Row {@code index} of a table for each row of the stream, [sequence, width]; zeros where the table has none such. */
    private Value chosen(String name, Value table, ScalarExpr index) {
        Dim rows = table.type().dims().getFirst();
        TensorType space = TensorType.of(expansion.element(), sequence, rows);
        ScalarExpr isIt = Scalars.binary(BinaryKind.EQUAL, new IndexOf(rows.name()), index);
        Value choice = builder.apply(name + "_choice", new MapOp(isIt, space), List.of())
                .getFirst();
        return builder.one(name, new MatMul(List.of(Names.SEQUENCE, Names.WIDTH)), choice, table);
    }

    /** Two convolutions of three frames; the second takes every other one. */
    Value ofSound(Signal.Sound sound) {
        Dim frames = Dim.of(FRAMES, sound.frames());
        Dim channels = Dim.of(Names.SHAPED, expansion.definition().width());
        Value spectra = input(frames, Dim.of(Names.BANDS, sound.bands()));
        Value heard = convolved("conv", shifted(spectra, FRAMES, 1), spectra, shifted(spectra, FRAMES, -1), channels);
        Dim phases = Dim.of(Names.PHASES, 2);
        Value pairs = builder.one("pairs", new Regroup(List.of(frames), List.of(sequence, phases)), heard);
        Value even = phase("even", pairs, 0);
        Value odd = phase("odd", pairs, 1);
        Value x = convolved("conv_half", shifted(odd, Names.SEQUENCE, 1), even, odd, expansion.width());
        var places = TensorType.of(expansion.element(), sequence, expansion.width());
        Value positions = expansion.definition().positions() == Positions.SINUSOIDAL
                ? builder.parameter("positions", places, Initializer.line(), false)
                : context.parameter("positions", places.dims(), context.weight());
        return context.map("placed", sum(), x, positions);
    }

    private Value shifted(Value x, String along, int by) {
        return builder.one(x.name() + (by > 0 ? "_before" : "_after"), Shift.of(along, by), x);
    }

    private Value phase(String name, Value pairs, int phase) {
        ScalarExpr isIt = Scalars.binary(BinaryKind.EQUAL, new IndexOf(Names.PHASES), Scalars.constant(phase));
        ScalarExpr term = Scalars.select(isIt, Scalars.arg(0), Scalars.constant(0));
        return builder.one(name, new MapReduce(term, pairs.type(), List.of(Names.PHASES), Splitting.SUM), pairs);
    }

    /** One product over three frames side by side, and the exact GELU. */
    private Value convolved(String name, Value before, Value at, Value after, Dim to) {
        Value taps = builder.one(name + "_taps", new Join(TAPS), before, at, after);
        Dim joined = taps.type().dims().getLast();
        Value y = context.project(name, taps, List.of(joined), List.of(to), true, context.weight());
        return context.map(name + "_activated", Activations.geluErf(), y);
    }

    private Value input(Dim rows, Dim elements) {
        TensorType type =
                TensorType.of(expansion.element(), rows, expansion.form().batch(), elements);
        return builder.input(Input.Source.SIGNAL, "signal", type);
    }

    private static ScalarExpr sum() {
        return Scalars.add(Scalars.arg(0), Scalars.arg(1));
    }
}
