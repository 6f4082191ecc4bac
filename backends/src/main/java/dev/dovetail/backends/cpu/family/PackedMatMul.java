package dev.dovetail.backends.cpu.family;

import static dev.dovetail.backends.cpu.family.MatMulShape.COLUMNS;
import static dev.dovetail.backends.cpu.family.MatMulShape.RESULT;
import static dev.dovetail.backends.cpu.family.MatMulShape.ROWS;

import dev.dovetail.backends.cpu.loop.Buffer;
import dev.dovetail.backends.cpu.loop.Code;
import dev.dovetail.backends.cpu.loop.Expr;
import dev.dovetail.backends.cpu.loop.Function;
import dev.dovetail.backends.cpu.loop.Function.Parameter;
import dev.dovetail.backends.cpu.loop.Index;
import dev.dovetail.backends.cpu.loop.Location;
import dev.dovetail.backends.cpu.loop.LoopKernel;
import dev.dovetail.backends.cpu.loop.Statement.Argument;
import dev.dovetail.backends.cpu.loop.Statement.Relation;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;

/**
 * The packed matrix product: columns are copied once per block into panels as wide as the register tile, rows into the
 * worker's own scratch as they lie, and a register tile is accumulated over the whole depth of a block.
 *
 * <p>Rows are not transposed while they are copied: the tile reads its rows at constant strides, which costs nothing in the
 * tile and keeps the copy at vector speed, so that narrow products (K, N of a few hundred) do not drown in packing.
 */
final class PackedMatMul {
    // Parameters of the parts: where this block lies, and how far it reaches.
    static final Index PB = Index.named("rowsAt");
    static final Index QB = Index.named("columnsAt");
    private static final Index CB = Index.named("resultAt");
    static final Index N0 = Index.named("n0");
    static final Index K0 = Index.named("k0");
    static final Index COLS = Index.named("cols");
    static final Index DEPTH = Index.named("depth");

    /** Products from which on workers take whole ones: handing out the rows of each would cost more than small ones take. */
    private static final int MANY_PRODUCTS = 16;

    private final KernelFrame frame;
    private final MatMulShape shape;
    private final MatMulTiles tiles;
    private final Buffer c;
    private final Buffer.Scratch shared;
    private final Buffer.Scratch own;
    private final boolean rowsAreDeep;
    private final boolean storesTiles;

    PackedMatMul(KernelFrame frame, MatMulShape shape, MatMulTiles tiles) {
        this.frame = frame;
        this.shape = shape;
        this.tiles = tiles;
        this.c = frame.result(0);
        this.shared = new Buffer.Scratch("shared", frame.element());
        this.own = new Buffer.Scratch("own", frame.element());
        this.rowsAreDeep = shape.rowsAreDeep();
        this.storesTiles = MatMulShape.isPlain(shape.m()) && MatMulShape.isContiguous(shape.n(), RESULT);
    }

    LoopKernel kernel() {
        var tile = tileFunctions();
        var packing = new MatMulPacking(frame, shape, tiles, shared, own);
        Function packRows = packing.rows(rowsAreDeep);
        Function packColumns = packing.columns(blockParameters());
        Function multiply = multiply(packRows, tile);
        var functions = new ArrayList<>(List.of(packColumns, multiply, packRows));
        Function launch;
        if (shape.batch().bound() >= MANY_PRODUCTS) {
            Function products = products(packColumns, multiply);
            functions.addFirst(products);
            launch = Code.function(
                    "run",
                    "Shares the products among the workers.",
                    frame.parameters(),
                    code -> code.parallel(shape.batch().size(), products, frame.arguments()));
        } else {
            launch = launch(packColumns, multiply);
        }
        if (storesTiles) {
            functions.addAll(tile.subList(0, isOneDeep() ? 1 : 2));
        }
        functions.addAll(tile.subList(2, 4));
        return new LoopKernel(frame.element(), tiles.tile().lanes(), notes(), List.of(), launch, functions);
    }

    private List<String> notes() {
        String rows = rowsAreDeep ? "as they lie, depth fastest" : "as they lie, rows fastest";
        String columns =
                MatMulShape.isContiguous(shape.n(), COLUMNS) ? "by vectors" : "element by element (transposed)";
        return List.of(
                "product: batch " + shape.batch().bound() + ", M " + shape.m().bound() + ", K "
                        + shape.k().bound() + ", N " + shape.n().bound(),
                tiles.explanation(),
                "packing: left rows " + rows + "; right columns " + columns);
    }

    private Index m() {
        return shape.m().size();
    }

    private Index n() {
        return shape.n().size();
    }

    private Index k() {
        return shape.k().size();
    }

    // Launch: blocks of columns and of depth, one after another; workers share rows, or products where there are many.

    private Function launch(Function packColumns, Function multiply) {
        return Code.function("run", "Multiplies block by block.", frame.parameters(), code -> {
            code.reserve(shared, Index.ZERO, tiles.ownScratch() + tiles.sharedScratch());
            code.loop(
                    "batch",
                    shape.batch().size(),
                    (body, b) -> product(body, b, (deep, block) -> {
                        var arguments = frame.arguments(block.where().toArray(Argument[]::new));
                        deep.parallel(block.panels(), packColumns, arguments);
                        deep.parallel(bands(), multiply, arguments);
                    }));
        });
    }

    private Function products(Function packColumns, Function multiply) {
        return Code.function("products", "One product after another.", frame.partParameters(), code -> {
            code.reserve(shared, KernelFrame.WORKER, tiles.ownScratch() + tiles.sharedScratch());
            code.loop(
                    "batch",
                    KernelFrame.FROM,
                    KernelFrame.TO,
                    1,
                    (body, b) -> product(body, b, (deep, block) -> {
                        deep.call(packColumns, allOf(block, block.panels()));
                        deep.call(multiply, allOf(block, bands()));
                    }));
        });
    }

    /**
     * @param where it lies and how far it reaches
     * @param panels of its columns
     */
    private record Block(List<Argument> where, Index panels) {}

    /** Rows, a tile's height at a time. */
    private Index bands() {
        return m().piecesOf(tiles.tile().rows());
    }

    /** A part's arguments where one worker does all the pieces. */
    private List<Argument> allOf(Block block, Index pieces) {
        var arguments = new ArrayList<>(block.where());
        arguments.addAll(List.of(pass(KernelFrame.WORKER), pass(Index.ZERO), pass(pieces)));
        return frame.arguments(arguments.toArray(Argument[]::new));
    }

    /** @param step multiplies a block */
    private void product(Code code, Index batch, BiConsumer<Code, Block> step) {
        var positions = shape.batch().positions(code, batch);
        Index pb = code.letIndex("rowsAt", shape.batch().offset(ROWS, positions));
        Index qb = code.letIndex("columnsAt", shape.batch().offset(COLUMNS, positions));
        Index cb = code.letIndex("resultAt", shape.batch().offset(RESULT, positions));
        code.loop(
                "n0",
                Index.ZERO,
                n(),
                tiles.blockColumns(),
                (inner, n0) -> inner.loop("k0", Index.ZERO, k(), tiles.depth(), (deep, k0) -> {
                    Index cols = deep.letIndex("cols", n().minus(n0).least(Index.of(tiles.blockColumns())));
                    Index depth = deep.letIndex("depth", k().minus(k0).least(Index.of(tiles.depth())));
                    var where = new ArrayList<Argument>(List.of(new Argument.OfBuffer(shared)));
                    List.of(pb, qb, cb, n0, k0, cols, depth).forEach(i -> where.add(pass(i)));
                    step.accept(
                            deep, new Block(where, cols.piecesOf(tiles.tile().width())));
                }));
    }

    List<Parameter> blockParameters() {
        return frame.partParameters(
                new Parameter.OfBuffer(shared),
                index(PB),
                index(QB),
                index(CB),
                index(N0),
                index(K0),
                index(COLS),
                index(DEPTH));
    }

    static Parameter index(Index named) {
        return new Parameter.OfIndex(((Index.Named) named).name());
    }

    private static Argument pass(Index index) {
        return new Argument.OfIndex(index);
    }

    // The blocks of one worker.

    private Function multiply(Function packRows, List<Function> tile) {
        return Code.function(
                "multiply", "Tiles of " + tiles.tile().rows() + " rows, from to to.", blockParameters(), code -> {
                    code.reserve(own, KernelFrame.WORKER, tiles.ownScratch());
                    long step = tiles.blockRows() / tiles.tile().rows();
                    code.loop("block", KernelFrame.FROM, KernelFrame.TO, step, (body, block) -> {
                        Index row0 =
                                body.letIndex("row0", block.times(tiles.tile().rows()));
                        Index end = block.plus(step)
                                .least(KernelFrame.TO)
                                .times(tiles.tile().rows());
                        Index count = body.letIndex("count", end.least(m()).minus(row0));
                        body.call(
                                packRows,
                                frame.arguments(
                                        new Argument.OfBuffer(own),
                                        pass(PB),
                                        pass(K0),
                                        pass(DEPTH),
                                        pass(row0),
                                        pass(count)));
                        body.loop(
                                "j",
                                Index.ZERO,
                                COLS,
                                tiles.tile().width(),
                                (columns, j) -> columns.loop(
                                        "i",
                                        Index.ZERO,
                                        count,
                                        tiles.tile().rows(),
                                        (rows, i) -> oneTile(rows, tile, row0, count, i, j)));
                    });
                });
    }

    /** @param functions what to call on a block's first depth, on later ones, at edges, and to spill what edges leave */
    private void oneTile(Code code, List<Function> functions, Index row0, Index count, Index i, Index j) {
        Location left = own.at(rowsAreDeep ? i.times(tiles.depth()) : i);
        Location right = shared.at(j.times(tiles.depth()).plus(tiles.ownScratch()));
        Index height = code.letIndex(
                "height", count.minus(i).least(Index.of(tiles.tile().rows())));
        Index width =
                code.letIndex("width", COLS.minus(j).least(Index.of(tiles.tile().width())));
        Index row = row0.plus(i);
        if (!storesTiles) {
            edge(code, functions, left, right, List.of(CB, row, N0.plus(j), height, width, K0));
            return;
        }
        Location target = c.at(CB.plus(row.times(resultStride())).plus(N0).plus(j));
        var arguments = RegisterTile.arguments(left, right, target, DEPTH);
        code.choose(
                height.times(width),
                Relation.EQUAL,
                Index.of((long) tiles.tile().rows() * tiles.tile().width()),
                inside -> inside.choose(
                        isOneDeep() ? Index.ZERO : K0,
                        Relation.EQUAL,
                        Index.ZERO,
                        first -> first.call(functions.get(0), arguments),
                        later -> later.call(functions.get(1), arguments)),
                part -> edge(part, functions, left, right, List.of(CB, row, N0.plus(j), height, width, K0)));
    }

    private long resultStride() {
        return shape.m().isEmpty() ? 0 : shape.m().last().stride(RESULT);
    }

    private boolean isOneDeep() {
        return shape.k().bound() <= tiles.depth();
    }

    private long spillAt() {
        return (long) tiles.blockRows() * tiles.depth();
    }

    /** Accumulates a whole tile beside the packed rows, then stores the part of it that exists. */
    private void edge(Code code, List<Function> functions, Location left, Location right, List<Index> where) {
        code.call(functions.get(2), RegisterTile.arguments(left, right, own.at(Index.of(spillAt())), DEPTH));
        var arguments = new ArrayList<Argument>(List.of(new Argument.OfBuffer(own)));
        where.forEach(i -> arguments.add(pass(i)));
        code.call(functions.get(3), frame.arguments(arguments.toArray(Argument[]::new)));
    }

    private List<Function> tileFunctions() {
        long leftRow = rowsAreDeep ? tiles.depth() : 1;
        long leftStep = rowsAreDeep ? 1 : tiles.blockRows();
        RegisterTile tile = tiles.tile();
        var stored = new RegisterTile.Strides(leftRow, leftStep, tile.width(), resultStride());
        var spilled = new RegisterTile.Strides(leftRow, leftStep, tile.width(), tile.width());
        Buffer result = new Buffer.Tensor("target", frame.element());
        Buffer spill = new Buffer.Scratch("target", frame.element());
        return List.of(
                tile.function("tile", "A tile of the result.", stored, result, frame.element(), false),
                tile.function("deeperTile", "A tile that continues.", stored, result, frame.element(), true),
                tile.function("edgeTile", "A tile in scratch.", spilled, spill, frame.element(), false),
                spill());
    }

    private Function spill() {
        var parameters = frame.partlessParameters(
                new Parameter.OfBuffer(own),
                index(CB),
                new Parameter.OfIndex("row"),
                new Parameter.OfIndex("column"),
                new Parameter.OfIndex("height"),
                new Parameter.OfIndex("width"),
                index(K0));
        return Code.function(
                "spill",
                "Stores the part of a tile that exists, or whose columns do not lie side by side.",
                parameters,
                code -> code.loop("i", Index.named("height"), (body, i) -> spillRow(body, spillAt(), i)));
    }

    private void spillRow(Code code, long spill, Index i) {
        Index row = code.letIndex("r", Index.named("row").plus(i));
        Index start = code.letIndex(
                "start",
                shape.m().offset(RESULT, shape.m().positions(code, row)).plus(CB));
        code.loop("j", Index.named("width"), (body, j) -> {
            Index column = Index.named("column").plus(j);
            Index absolute = MatMulShape.isPlain(shape.n()) ? column : body.letIndex("n", column);
            Index target = body.letIndex(
                    "target", start.plus(shape.n().offset(RESULT, shape.n().positions(body, absolute))));
            Expr value =
                    new Expr.Load(own.at(i.times(tiles.tile().width()).plus(j).plus(spill)));
            body.choose(
                    isOneDeep() ? Index.ZERO : K0,
                    Relation.EQUAL,
                    Index.ZERO,
                    first -> first.store(c.at(target), value),
                    later -> later.store(c.at(target), new Expr.Load(c.at(target)).plus(value)));
        });
    }
}
