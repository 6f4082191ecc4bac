package dev.dovetail.backends.cpu.family;

import dev.dovetail.backends.cpu.loop.Buffer;
import dev.dovetail.backends.cpu.loop.Code;
import dev.dovetail.backends.cpu.loop.Function;
import dev.dovetail.backends.cpu.loop.Function.Parameter;
import dev.dovetail.backends.cpu.loop.Index;
import dev.dovetail.backends.cpu.loop.LoopKernel;
import dev.dovetail.backends.cpu.loop.Statement.Argument;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;

/**
 * The way attention and its gradient take through their operands: pairs of batch entry and KV head are shared among the
 * workers; in each, the query heads that read it; in each of those, blocks of queries.
 *
 * @param shape of queries and keys
 * @param values of outputs and values, whose heads may be of another width
 * @param own the worker's scratch
 */
record AttentionWalk(KernelFrame frame, AttentionShape shape, AttentionShape values, Buffer.Scratch own) {

    /**
     * One KV head of one batch entry.
     *
     * @param positions of the batch entry
     * @param keyAt where its keys begin
     * @param valueAt where its values begin
     */
    record KeyHead(Index group, List<Index> positions, Index keyAt, Index valueAt) {}

    /**
     * One block of queries of one head.
     *
     * @param rowsAt where its queries begin
     * @param outputsAt where its outputs begin
     * @param logSumsAt where their log-sums begin
     * @param position of the first query in the text
     * @param rows queries in the block
     * @param begin first key any of them sees, at the edge of a tile
     * @param end behind the last key any of them sees
     */
    record Block(Index rowsAt, Index outputsAt, Index logSumsAt, Index position, Index rows, Index begin, Index end) {}

    /** Whether values are as wide as keys: then both lie at the same places. */
    boolean isUniform() {
        return shape.headDim() == values.headDim();
    }

    /** @param functions all that the kernel needs beside {@code part} and its launch */
    LoopKernel kernel(String sharing, Function part, List<Function> functions) {
        Function launch = Code.function(
                "run",
                sharing,
                frame.parameters(),
                code -> code.parallel(shape.batch().size().times(shape.kvHeads()), part, frame.arguments()));
        var all = new ArrayList<>(List.of(part));
        all.addAll(functions);
        return new LoopKernel(shape.element(), shape.lanes(), List.of(shape.choice()), shape.tables(), launch, all);
    }

    /** @param scratch elements of a worker's scratch */
    Function keyHeads(long scratch, BiConsumer<Code, KeyHead> write) {
        return Code.function(
                "heads", "Items from to to: pairs of batch entry and KV head.", frame.partParameters(), code -> {
                    code.reserve(own, KernelFrame.WORKER, scratch);
                    code.loop("item", KernelFrame.FROM, KernelFrame.TO, 1, (body, item) -> {
                        Index entry = body.letIndex("entry", item.dividedBy(shape.kvHeads()));
                        Index group = body.letIndex("kvHead", item.modulo(Index.of(shape.kvHeads())));
                        var positions = shape.batch().positions(body, entry);
                        Index keyAt = body.letIndex(
                                "keyAt",
                                shape.batch()
                                        .offset(AttentionShape.K, positions)
                                        .plus(group.times(shape.keyHead())));
                        Index valueAt = isUniform()
                                ? keyAt
                                : body.letIndex(
                                        "valueAt",
                                        values.batch()
                                                .offset(AttentionShape.K, positions)
                                                .plus(group.times(values.keyHead())));
                        write.accept(body, new KeyHead(group, positions, keyAt, valueAt));
                    });
                });
    }

    /** Calls {@code block} for every block of queries of every head that reads this KV head. */
    void queryBlocks(Code code, KeyHead keys, Function block) {
        code.loop("member", Index.of(shape.group()), (each, member) -> {
            Index head = each.letIndex("head", keys.group().times(shape.group()).plus(member));
            Index queryAt = each.letIndex(
                    "queryAt",
                    shape.batch().offset(AttentionShape.Q, keys.positions()).plus(head.times(shape.queryHead())));
            Index logSumAt = each.letIndex(
                    "logSumAt",
                    shape.batch()
                            .offset(AttentionShape.LOG_SUM, keys.positions())
                            .plus(head.times(shape.logSumHead())));
            Index outputAt = isUniform()
                    ? queryAt
                    : each.letIndex(
                            "outputAt",
                            values.batch()
                                    .offset(AttentionShape.Q, keys.positions())
                                    .plus(head.times(values.queryHead())));
            var ends = shape.stretches();
            for (int i = 1; i < ends.size(); i++) {
                each.loop(
                        "first",
                        ends.get(i - 1),
                        ends.get(i),
                        shape.queryBlock(),
                        (inner, first) -> inner.call(
                                block,
                                isUniform()
                                        ? arguments(head, queryAt, logSumAt, first)
                                        : arguments(head, queryAt, outputAt, logSumAt, first)));
            }
        });
    }

    Function block(BiConsumer<Code, Block> write) {
        return Code.function(
                "block",
                "One block of queries of one head.",
                isUniform()
                        ? parameters("head", "queryAt", "logSumAt", "first")
                        : parameters("head", "queryAt", "outputAt", "logSumAt", "first"),
                code -> {
                    Index first = Index.named("first");
                    Index rows = code.letIndex(
                            "rows", shape.stretchEnd(first).minus(first).least(Index.of(shape.queryBlock())));
                    Index position = code.letIndex("position", shape.position(first));
                    Index begin = code.letIndex("begin", shape.begin(position).floorTo(shape.keyStep()));
                    Index end =
                            code.letIndex("end", shape.end(position.plus(rows).plus(-1)));
                    Index rowsAt =
                            code.letIndex("rowsAt", Index.named("queryAt").plus(first.times(shape.queryRow())));
                    Index outputsAt = isUniform()
                            ? rowsAt
                            : code.letIndex("outputsAt", Index.named("outputAt").plus(first.times(values.queryRow())));
                    Index logSumsAt = Index.named("logSumAt").plus(first.times(shape.logSumRow()));
                    write.accept(code, new Block(rowsAt, outputsAt, logSumsAt, position, rows, begin, end));
                });
    }

    /** Of a function that works in the worker's scratch. */
    List<Parameter> parameters(String... indices) {
        var all = new ArrayList<Parameter>(List.of(new Parameter.OfBuffer(own)));
        for (String index : indices) {
            all.add(new Parameter.OfIndex(index));
        }
        return frame.partlessParameters(all.toArray(Parameter[]::new));
    }

    List<Argument> arguments(Index... indices) {
        var all = new ArrayList<Argument>(List.of(new Argument.OfBuffer(own)));
        for (Index index : indices) {
            all.add(new Argument.OfIndex(index));
        }
        return frame.arguments(all.toArray(Argument[]::new));
    }
}
