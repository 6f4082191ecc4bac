package dev.dovetail.backends.cpu.family;

import dev.dovetail.backends.cpu.loop.Buffer;
import dev.dovetail.backends.cpu.loop.Code;
import dev.dovetail.backends.cpu.loop.Expr;
import dev.dovetail.backends.cpu.loop.Function;
import dev.dovetail.backends.cpu.loop.Function.Parameter;
import dev.dovetail.backends.cpu.loop.Index;
import dev.dovetail.backends.cpu.loop.Statement.Argument;
import dev.dovetail.ir.scalar.ScalarExpr.UnaryKind;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Loops that attention and its gradient share: moving rows between the arena and scratch, and walking tiles. */
record AttentionPieces(AttentionShape shape) {

    /** The worker's scratch. */
    Buffer.Scratch own() {
        return new Buffer.Scratch("own", shape.element());
    }

    private Buffer tensor() {
        return new Buffer.Tensor("tensor", shape.element());
    }

    private static Index named(String name) {
        return Index.named(name);
    }

    private Function function(String name, String purpose, Buffer other, List<String> indices, Consumer<Code> write) {
        var parameters =
                new ArrayList<Parameter>(List.of(new Parameter.OfBuffer(own()), new Parameter.OfBuffer(other)));
        indices.forEach(i -> parameters.add(new Parameter.OfIndex(i)));
        return Code.function(name, purpose, parameters, write);
    }

    List<Argument> arguments(Buffer other, Index... indices) {
        var arguments = new ArrayList<Argument>(List.of(new Argument.OfBuffer(own()), new Argument.OfBuffer(other)));
        List.of(indices).forEach(i -> arguments.add(new Argument.OfIndex(i)));
        return arguments;
    }

    /** (own, tensor, ownAt, tensorAt, count): rows of keys or values into scratch, transposed: element fastest to key fastest. */
    Function transposeRows() {
        return function(
                "transposeRows",
                "Copies rows of keys or values, so that neighbouring keys lie side by side.",
                tensor(),
                List.of("ownAt", "tensorAt", "count"),
                code -> code.loop("j", named("count"), (body, j) -> {
                    Index from = body.letIndex("from", named("tensorAt").plus(j.times(shape.keyRow())));
                    body.loop(
                            "d",
                            Index.of(shape.headDim()),
                            (each, d) -> each.store(
                                    own().at(named("ownAt")
                                            .plus(d.times(shape.scoreRow()))
                                            .plus(j)),
                                    new Expr.Load(tensor().at(from.plus(d)))));
                }));
    }

    /** (own, tensor, ownAt, tensorAt, count): rows of keys or values into scratch as they are. */
    Function loadKeyRows() {
        return load("loadKeys", "Copies rows of keys or values.", shape.keyRow(), 1);
    }

    /** (own, tensor, ownAt, tensorAt, count): rows of queries, or of their gradients, into scratch. */
    Function loadQueryRows(String name, double factor) {
        String purpose = factor == 1 ? "Copies rows of a head." : "Copies rows of a head, times the scores' scale.";
        return load(name, purpose, shape.queryRow(), factor);
    }

    private Function load(String name, String purpose, long row, double factor) {
        return function(
                name,
                purpose,
                tensor(),
                List.of("ownAt", "tensorAt", "count"),
                code -> code.loop("r", named("count"), (body, r) -> {
                    Index from = body.letIndex("from", named("tensorAt").plus(r.times(row)));
                    Index to = body.letIndex("to", named("ownAt").plus(r.times(shape.headRow())));
                    headLoop(body, (each, d, mask) -> {
                        Expr value = new Expr.LoadVector(tensor().at(from.plus(d)), mask);
                        each.store(own().at(to.plus(d)), factor == 1 ? value : value.times(Expr.literal(factor)), mask);
                    });
                }));
    }

    /** (own, tensor, ownAt, tensorAt, count): rows of keys' or values' gradients out of scratch. */
    Function storeKeyRows() {
        return store("storeKeys", "Stores gradients of keys or values.", shape.keyRow(), Expr.literal(1));
    }

    /** (own, tensor, ownAt, tensorAt, count): rows of queries' gradients out of scratch, times {@code factor}. */
    Function storeQueryRows(double factor) {
        return store("storeQueries", "Stores gradients of queries.", shape.queryRow(), Expr.literal(factor));
    }

    private Function store(String name, String purpose, long row, Expr factor) {
        boolean plain = factor.equals(Expr.literal(1));
        return function(
                name,
                purpose,
                tensor(),
                List.of("ownAt", "tensorAt", "count"),
                code -> code.loop("r", named("count"), (body, r) -> {
                    Index from = body.letIndex("from", named("ownAt").plus(r.times(shape.headRow())));
                    Index to = body.letIndex("to", named("tensorAt").plus(r.times(row)));
                    headLoop(body, (each, d, mask) -> {
                        Expr value = new Expr.LoadVector(own().at(from.plus(d)), mask);
                        each.store(tensor().at(to.plus(d)), plain ? value : value.times(factor), mask);
                    });
                }));
    }

    void headLoop(Code code, LaneLoop.Body body) {
        Index dim = Index.of(shape.headDim());
        LaneLoop.write(code, "d", Index.ZERO, dim, shape.lanes(), dim, body);
    }

    /**
     * Scores of {@code rows} queries against keys [begin, end) in steps of whole tiles.
     *
     * @param leftAt queries in scratch, one head row apart
     * @param rightAt transposed keys
     * @param targetAt scores, one score row apart
     */
    void scores(
            Code code, Function tile, Index leftAt, Index rightAt, Index targetAt, Index rows, Index begin, Index end) {
        code.loop(
                "r",
                Index.ZERO,
                rows,
                shape.scoreTile().rows(),
                (body, r) -> body.loop(
                        "j",
                        begin,
                        end,
                        shape.scoreTile().width(),
                        (each, j) -> each.call(
                                tile,
                                RegisterTile.arguments(
                                        own().at(leftAt.plus(r.times(shape.headRow()))),
                                        own().at(rightAt.plus(j)),
                                        own().at(targetAt.plus(r.times(shape.scoreRow()))
                                                .plus(j)),
                                        Index.of(shape.headDim())))));
    }

    Function scoreTile() {
        var strides = new RegisterTile.Strides(shape.headRow(), 1, shape.scoreRow(), shape.scoreRow());
        return shape.scoreTile()
                .function("scores", "Queries times keys.", strides, own("target"), shape.element(), false);
    }

    /** Rows of weights over keys [begin, end) times rows of values (or keys), into rows of a head. */
    void weigh(
            Code code, Function tile, Index leftAt, Index rightAt, Index targetAt, Index rows, Index begin, Index end) {
        code.loop(
                "r",
                Index.ZERO,
                rows,
                shape.headTile().rows(),
                (body, r) -> body.loop(
                        "d",
                        Index.ZERO,
                        Index.of(shape.headRow()),
                        shape.headTile().width(),
                        (each, d) -> each.call(
                                tile,
                                RegisterTile.arguments(
                                        own().at(leftAt.plus(r.times(shape.scoreRow()))
                                                .plus(begin)),
                                        own().at(rightAt.plus(begin.times(shape.headRow()))
                                                .plus(d)),
                                        own().at(targetAt.plus(r.times(shape.headRow()))
                                                .plus(d)),
                                        end.minus(begin)))));
    }

    Function weighTile() {
        var strides = new RegisterTile.Strides(shape.scoreRow(), 1, shape.headRow(), shape.headRow());
        return shape.headTile()
                .function("weigh", "Weights times values.", strides, own("target"), shape.element(), false);
    }

    /** Adds, for each key in [begin, end), the rows of a head weighted by the key's column of weights. */
    void spread(
            Code code, Function tile, Index leftAt, Index rightAt, Index targetAt, Index rows, Index begin, Index end) {
        code.loop(
                "j",
                begin,
                end,
                shape.keyTile().rows(),
                (body, j) -> body.loop(
                        "d",
                        Index.ZERO,
                        Index.of(shape.headRow()),
                        shape.keyTile().width(),
                        (each, d) -> each.call(
                                tile,
                                RegisterTile.arguments(
                                        own().at(leftAt.plus(j)),
                                        own().at(rightAt.plus(d)),
                                        own().at(targetAt.plus(j.times(shape.headRow()))
                                                .plus(d)),
                                        rows))));
    }

    Function spreadTile() {
        var strides = new RegisterTile.Strides(1, shape.scoreRow(), shape.headRow(), shape.headRow());
        return shape.keyTile()
                .function("spread", "Adds weighted rows to keys.", strides, own("target"), shape.element(), true);
    }

    /** Scores in scratch [from, to), a whole number of vectors, to c · tanh(score / c) where the pattern caps them. */
    void cap(Code code, Index at, Index from, Index to) {
        double cap = shape.pattern().cap();
        if (cap > 0) {
            code.loop("j", from, to, shape.lanes(), (body, j) -> {
                Expr share = lanesAt(at.plus(j)).times(Expr.literal(1 / cap));
                body.store(own().at(at.plus(j)), new Expr.Unary(UnaryKind.TANH, share).times(Expr.literal(cap)));
            });
        }
    }

    /** How much a capped score still moves; nothing where it is hidden, however low its place holder. */
    Expr slopeOfCap(Expr capped) {
        double cap = shape.pattern().cap();
        Expr share = capped.max(Expr.literal(-cap)).times(Expr.literal(1 / cap));
        return Expr.literal(1).minus(share.times(share));
    }

    private Buffer own(String name) {
        return new Buffer.Scratch(name, shape.element());
    }

    /** Writes {@code value} to scratch [from, to). */
    void fill(Code code, Index at, Index from, Index to, double value) {
        code.loop("j", from, to, 1, (body, j) -> body.store(own().at(at.plus(j)), Expr.literal(value)));
    }

    /** Writes zeros to scratch [from, to), a whole number of vectors. */
    void clear(Code code, Index at, Index from, Index to) {
        code.loop(
                "j",
                from,
                to,
                shape.lanes(),
                (body, j) -> body.store(own().at(at.plus(j)), Expr.literal(0).broadcast()));
    }

    Expr lanesAt(Index at) {
        return new Expr.LoadVector(own().at(at), java.util.Optional.empty());
    }
}
