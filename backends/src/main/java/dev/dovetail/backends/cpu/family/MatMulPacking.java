package dev.dovetail.backends.cpu.family;

import static dev.dovetail.backends.cpu.family.MatMulShape.COLUMNS;
import static dev.dovetail.backends.cpu.family.MatMulShape.ROWS;
import static dev.dovetail.backends.cpu.family.PackedMatMul.COLS;
import static dev.dovetail.backends.cpu.family.PackedMatMul.DEPTH;
import static dev.dovetail.backends.cpu.family.PackedMatMul.K0;
import static dev.dovetail.backends.cpu.family.PackedMatMul.N0;
import static dev.dovetail.backends.cpu.family.PackedMatMul.PB;
import static dev.dovetail.backends.cpu.family.PackedMatMul.QB;
import static dev.dovetail.backends.cpu.family.PackedMatMul.index;

import dev.dovetail.backends.cpu.loop.Buffer;
import dev.dovetail.backends.cpu.loop.Code;
import dev.dovetail.backends.cpu.loop.Expr;
import dev.dovetail.backends.cpu.loop.Function;
import dev.dovetail.backends.cpu.loop.Function.Parameter;
import dev.dovetail.backends.cpu.loop.Index;
import dev.dovetail.backends.cpu.loop.Statement.Relation;
import java.util.List;
import java.util.Optional;

/**
 * The copies a packed product makes before it multiplies.
 *
 * @param shared panels of columns, seen by all workers
 * @param own packed rows of one worker
 */
record MatMulPacking(
        KernelFrame frame, MatMulShape shape, MatMulTiles tiles, Buffer.Scratch shared, Buffer.Scratch own) {

    private Buffer left() {
        return frame.operand(shape.swapped() ? 1 : 0);
    }

    private Buffer right() {
        return frame.operand(shape.swapped() ? 0 : 1);
    }

    /** Panels of columns, one after another. */
    Function columns(List<Parameter> blockParameters) {
        return Code.function(
                "packColumns",
                "Copies panels of " + tiles.tile().width() + " columns, column fastest.",
                blockParameters,
                code -> code.loop("panel", KernelFrame.FROM, KernelFrame.TO, 1, (body, panel) -> {
                    Index first =
                            body.letIndex("first", panel.times(tiles.tile().width()));
                    Index width = body.letIndex(
                            "width",
                            COLS.minus(first).least(Index.of(tiles.tile().width())));
                    Index at = body.letIndex("at", first.times(tiles.depth()).plus(tiles.ownScratch()));
                    if (MatMulShape.isContiguous(shape.n(), COLUMNS)) {
                        packByVectors(body, first, width, at);
                    } else {
                        packByElements(body, first, width, at);
                    }
                }));
    }

    private void packByVectors(Code code, Index first, Index width, Index at) {
        code.choose(
                width,
                Relation.EQUAL,
                Index.of(tiles.tile().width()),
                whole -> whole.loop("k", DEPTH, (body, k) -> {
                    Index from = body.letIndex(
                            "source", columnOffset(body, k).plus(N0).plus(first));
                    for (int v = 0; v < tiles.tile().vectors(); v++) {
                        long j = (long) v * tiles.tile().lanes();
                        Expr lanes = new Expr.LoadVector(right().at(from.plus(j)), Optional.empty());
                        body.store(
                                shared.at(at.plus(k.times(tiles.tile().width())).plus(j)), lanes);
                    }
                }),
                part -> part.loop("k", DEPTH, (body, k) -> {
                    Index from = body.letIndex(
                            "source", columnOffset(body, k).plus(N0).plus(first));
                    body.loop(
                            "j",
                            width,
                            (each, j) -> each.store(
                                    shared.at(at.plus(k.times(tiles.tile().width()))
                                            .plus(j)),
                                    new Expr.Load(right().at(from.plus(j)))));
                }));
    }

    /** Where row {@code k} of this block starts in the right operand. */
    private Index columnOffset(Code code, Index k) {
        Index absolute = MatMulShape.isPlain(shape.k()) ? K0.plus(k) : code.letIndex("depthAt", K0.plus(k));
        return shape.k().offset(COLUMNS, shape.k().positions(code, absolute)).plus(QB);
    }

    private void packByElements(Code code, Index first, Index width, Index at) {
        code.loop("j", width, (body, j) -> {
            Index column = body.letIndex("column", N0.plus(first).plus(j));
            Index from = body.letIndex(
                    "source",
                    shape.n().offset(COLUMNS, shape.n().positions(body, column)).plus(QB));
            body.loop("k", DEPTH, (each, k) -> {
                Index absolute = MatMulShape.isPlain(shape.k()) ? K0.plus(k) : each.letIndex("depthAt", K0.plus(k));
                Index step = shape.k().offset(COLUMNS, shape.k().positions(each, absolute));
                each.store(
                        shared.at(at.plus(k.times(tiles.tile().width())).plus(j)),
                        new Expr.Load(right().at(from.plus(step))));
            });
        });
    }

    /** @param deep whether depth runs fastest in the copy; rows do otherwise */
    Function rows(boolean deep) {
        var parameters = frame.partlessParameters(
                new Parameter.OfBuffer(own),
                index(PB),
                index(K0),
                index(DEPTH),
                new Parameter.OfIndex("row0"),
                new Parameter.OfIndex("count"));
        Index row0 = Index.named("row0");
        Index count = Index.named("count");
        if (!deep) {
            return Code.function(
                    "packRows",
                    "Copies rows, side by side for each step of depth.",
                    parameters,
                    code -> code.loop("k", DEPTH, (body, k) -> {
                        Index absolute =
                                MatMulShape.isPlain(shape.k()) ? K0.plus(k) : body.letIndex("depthAt", K0.plus(k));
                        Index source = body.letIndex(
                                "source",
                                shape.k()
                                        .offset(ROWS, shape.k().positions(body, absolute))
                                        .plus(PB)
                                        .plus(row0));
                        Index target = body.letIndex("target", k.times(tiles.blockRows()));
                        copy(body, "i", count, source, target);
                    }));
        }
        boolean contiguous = MatMulShape.isContiguous(shape.k(), ROWS);
        return Code.function(
                "packRows",
                "Copies rows, depth fastest.",
                parameters,
                code -> code.loop("i", count, (body, i) -> {
                    Index row = body.letIndex("row", row0.plus(i));
                    Index source = body.letIndex(
                            "source",
                            shape.m()
                                    .offset(ROWS, shape.m().positions(body, row))
                                    .plus(PB));
                    Index target = body.letIndex("target", i.times(tiles.depth()));
                    if (contiguous) {
                        copy(body, "k", DEPTH, body.letIndex("start", source.plus(K0)), target);
                    } else {
                        body.loop("k", DEPTH, (each, k) -> {
                            Index absolute =
                                    MatMulShape.isPlain(shape.k()) ? K0.plus(k) : each.letIndex("depthAt", K0.plus(k));
                            Index step = shape.k().offset(ROWS, shape.k().positions(each, absolute));
                            each.store(own.at(target.plus(k)), new Expr.Load(left().at(source.plus(step))));
                        });
                    }
                }));
    }

    private void copy(Code code, String counter, Index count, Index source, Index target) {
        LaneLoop.write(
                code,
                counter,
                Index.ZERO,
                count,
                tiles.tile().lanes(),
                (body, i, mask) ->
                        body.store(own.at(target.plus(i)), new Expr.LoadVector(left().at(source.plus(i)), mask), mask));
    }
}
