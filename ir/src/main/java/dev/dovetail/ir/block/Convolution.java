package dev.dovetail.ir.block;

import dev.dovetail.ir.graph.Initializer;
import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.op.MapOp;
import dev.dovetail.ir.op.MapReduce;
import dev.dovetail.ir.op.MatMul;
import dev.dovetail.ir.op.Regroup;
import dev.dovetail.ir.op.Shift;
import dev.dovetail.ir.op.Splitting;
import dev.dovetail.ir.scalar.ScalarExpr;
import dev.dovetail.ir.scalar.ScalarExpr.BinaryKind;
import dev.dovetail.ir.scalar.ScalarExpr.IndexOf;
import dev.dovetail.ir.scalar.Scalars;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Convolutions of square pictures whose places lie along the sequence, row by row: for each place of a window a product, and the
 * products moved to where the window's middle is and added. The products are linear in what they read, so that only the picture
 * is kept for the backward pass, and parts that ranks have of them are moved and added before they are reduced.
 *
 * @param taps rows, and columns, of the window; an odd number
 * @param side rows, and columns, of the picture that comes in
 */
public record Convolution(BlockContext context, int taps, int side) {
    private static final int HALF = 2;

    public static Convolution of(BlockContext context, int taps) {
        return new Convolution(context, taps, side(context.form().sequence().bound()));
    }

    /** The side of a square of so many places. */
    static int side(long places) {
        return (int) Math.round(Math.sqrt(places));
    }

    private static Dim rows(int count) {
        return Dim.of(Names.ROWS, count);
    }

    private static Dim columns(int count) {
        return Dim.of(Names.COLUMNS, count);
    }

    private static Dim sequence(int side) {
        return Dim.of(Names.SEQUENCE, (long) side * side);
    }

    /** Weights that leave the size of what they read about as it is. */
    private Initializer usual(List<Dim> from) {
        long reads = from.stream().mapToLong(Dim::bound).reduce((long) taps * taps, Math::multiplyExact);
        return Initializer.normal(1 / Math.sqrt(3.0 * reads));
    }

    /** From [sequence, batch, from] to [sequence, batch, to]; nothing but zeros beyond the edges. */
    Value same(String name, Value x, List<Dim> from, List<Dim> to) {
        return same(name, x, from, to, usual(from));
    }

    public Value same(String name, Value x, List<Dim> from, List<Dim> to, Initializer initializer) {
        Value grid = context.builder()
                .one(name + "_grid", new Regroup(List.of(sequence(side)), List.of(rows(side), columns(side))), x);
        return summed(name, (row, column) -> new Read(grid, -row, -column), side, from, to, initializer);
    }

    /** Of every second row and column: [sequence / 4, batch, to]. */
    Value halved(String name, Value x, List<Dim> from, List<Dim> to) {
        int half = side / HALF;
        var cut = List.of(rows(half), Dim.of(Names.ROW_PHASES, HALF), columns(half), Dim.of(Names.COLUMN_PHASES, HALF));
        Value pairs = context.builder().one(name + "_pairs", new Regroup(List.of(sequence(side)), cut), x);
        Value[][] phases = new Value[HALF][HALF];
        for (int row = 0; row < HALF; row++) {
            for (int column = 0; column < HALF; column++) {
                phases[row][column] = phase(name + "_phase_" + row + column, pairs, row, column);
            }
        }
        // The row before an even one is the odd row of the pair before.
        return summed(
                name,
                (row, column) -> new Read(
                        phases[Math.floorMod(row, HALF)][Math.floorMod(column, HALF)],
                        -Math.floorDiv(row, HALF),
                        -Math.floorDiv(column, HALF)),
                half,
                from,
                to,
                usual(from));
    }

    private Value phase(String name, Value pairs, int row, int column) {
        ScalarExpr isRow = Scalars.binary(BinaryKind.EQUAL, new IndexOf(Names.ROW_PHASES), Scalars.constant(row));
        ScalarExpr isColumn =
                Scalars.binary(BinaryKind.EQUAL, new IndexOf(Names.COLUMN_PHASES), Scalars.constant(column));
        ScalarExpr term = Scalars.select(Scalars.multiply(isRow, isColumn), Scalars.arg(0), Scalars.constant(0));
        var over = List.of(Names.ROW_PHASES, Names.COLUMN_PHASES);
        return context.builder().one(name, new MapReduce(term, pairs.type(), over, Splitting.SUM), pairs);
    }

    /** Each place four times: [sequence · 4, batch, width]. */
    static Value doubled(BlockContext context, String name, Value x) {
        int side = side(context.form().sequence().bound());
        var builder = context.builder();
        var grid = new Regroup(List.of(sequence(side)), List.of(rows(side), columns(side)));
        Value cut = builder.one(name + "_grid", grid, x);
        Dim down = Dim.of(Names.ROW_PHASES, HALF);
        Dim across = Dim.of(Names.COLUMN_PHASES, HALF);
        var four = List.of(rows(side), down, columns(side), across);
        var dims =
                Stream.concat(four.stream(), x.type().dims().stream().skip(1)).toList();
        Value repeated = builder.one(
                name + "_repeated",
                new MapOp(Scalars.arg(0), new TensorType(x.type().element(), dims)),
                cut);
        return builder.one(name, new Regroup(four, List.of(sequence(HALF * side))), repeated);
    }

    /** What a place of the window reads, and how many places further its product goes. */
    private record Read(Value x, int down, int across) {}

    private interface Reads {
        /** @param row of the window, counted from its middle */
        Read of(int row, int column);
    }

    private Value summed(String name, Reads reads, int result, List<Dim> from, List<Dim> to, Initializer initializer) {
        int reach = taps / 2;
        var parts = new ArrayList<Value>();
        for (int row = -reach; row <= reach; row++) {
            var inRow = new ArrayList<Value>();
            for (int column = -reach; column <= reach; column++) {
                int number = (row + reach) * taps + column + reach;
                String tap = name + "_" + number;
                Read read = reads.of(row, column);
                inRow.add(moved(product(tap, read.x(), from, to, initializer), Names.COLUMNS, read.across()));
            }
            Value sum = sum(name + "_row_" + (row + reach), inRow);
            parts.add(moved(sum, Names.ROWS, reads.of(row, 0).down()));
        }
        Value sum = sum(name + "_sum", parts);
        var places = List.of(rows(result), columns(result));
        Value whole = context.builder().one(name, new Regroup(places, List.of(sequence(result))), sum);
        Value bias = context.parameter(name + "_bias", to, Initializer.ZEROS);
        return context.map(name + "_biased", Scalars.add(Scalars.arg(0), Scalars.arg(1)), whole, bias);
    }

    private Value product(String tap, Value x, List<Dim> from, List<Dim> to, Initializer initializer) {
        Value weight =
                context.parameter(tap, Stream.concat(from.stream(), to.stream()).toList(), initializer);
        var dims = Stream.concat(
                        Stream.of(Names.ROWS, Names.COLUMNS, Names.BATCH),
                        to.stream().map(Dim::name))
                .toList();
        return context.builder().one(tap, new MatMul(dims), x, weight);
    }

    private Value moved(Value x, String along, int by) {
        return by == 0 ? x : context.builder().one(x.name() + "_moved_" + along, Shift.of(along, by), x);
    }

    private Value sum(String name, List<Value> parts) {
        ScalarExpr sum = IntStream.range(0, parts.size())
                .mapToObj(Scalars::arg)
                .reduce(Scalars::add)
                .orElseThrow();
        return context.builder().one(name, new MapOp(sum, parts.getFirst().type()), parts.toArray(Value[]::new));
    }
}
