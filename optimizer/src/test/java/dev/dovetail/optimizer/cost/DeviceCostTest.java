package dev.dovetail.optimizer.cost;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.ir.cluster.Cluster;
import dev.dovetail.ir.job.ProductFormat;
import dev.dovetail.ir.op.Attend;
import dev.dovetail.ir.op.AttentionPattern;
import dev.dovetail.ir.op.Communication;
import dev.dovetail.ir.op.Communication.Kind;
import dev.dovetail.ir.op.MatMul;
import dev.dovetail.ir.op.Splitting;
import dev.dovetail.ir.program.Buffer;
import dev.dovetail.ir.program.IndexExpr;
import dev.dovetail.ir.program.Instruction;
import dev.dovetail.ir.program.MemoryPart;
import dev.dovetail.ir.program.MeshShape;
import dev.dovetail.ir.program.RankClass;
import dev.dovetail.ir.program.Schedule;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.TensorType;
import dev.dovetail.ir.units.Seconds;
import dev.dovetail.optimizer.engine.Engine;
import dev.dovetail.optimizer.engine.EngineCatalog;
import dev.dovetail.optimizer.search.Jobs;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class DeviceCostTest {
    private static final RankClass RANK = new RankClass(
            "rank",
            0,
            0,
            Map.of(),
            List.of(),
            List.of(),
            new Schedule.Sequence(List.of()),
            new Schedule.Sequence(List.of()),
            List.of());
    private static final IndexExpr HERE = IndexExpr.of(0);
    private final Cluster cluster = Jobs.dgx(16, Jobs.a100(80));

    private DeviceCost cost(MeshShape mesh, int clock) {
        return DeviceCost.of(cluster, EngineCatalog.DOVETAIL, mesh, clock);
    }

    private static Instruction product(ElementType element, int m, int n, int k) {
        Buffer left = buffer(TensorType.of(element, Dim.of("m", m), Dim.of("k", k)));
        Buffer right = buffer(TensorType.of(element, Dim.of("n", n), Dim.of("k", k)));
        Buffer result = buffer(TensorType.of(element, Dim.of("m", m), Dim.of("n", n)));
        return new Instruction.Compute(new MatMul(List.of("m", "n")), List.of(left, right), List.of(result), Map.of());
    }

    private static Buffer buffer(TensorType type) {
        return new Buffer("b", type, MemoryPart.WORKSPACE, HERE);
    }

    private double seconds(MeshShape mesh, int clock, Instruction instruction) {
        return cost(mesh, clock).seconds(RANK, instruction).value();
    }

    /** Rows of AIConfigurator's table for TensorRT-LLM 1.0 on an A100, bf16, in milliseconds. */
    @Test
    void comesNearMeasuredMatrixProducts() {
        MeshShape alone = MeshShape.of(1, 1, 1);
        double[][] measured = {
            {2048, 1024, 12288, 0.21681},
            {2048, 1024, 2560, 0.067004},
            {2048, 1024, 6144, 0.12155},
            {2048, 10240, 4096, 0.62403}
        };
        for (double[] row : measured) {
            double predicted =
                    1e3 * seconds(alone, 0, product(ElementType.BF16, (int) row[0], (int) row[1], (int) row[2]));
            assertEquals(row[3], predicted, 0.3 * row[3], "m n k " + row[0] + " " + row[1] + " " + row[2]);
        }
    }

    @Test
    void slowsArithmeticWithTheClockAndLeavesMemoryAlone() {
        MeshShape alone = MeshShape.of(1, 1, 1);
        Instruction large = product(ElementType.BF16, 8192, 8192, 8192);
        assertEquals(2, seconds(alone, 705, large) / seconds(alone, 1410, large), 2e-3);
        var zero = new Instruction.Zero(MemoryPart.GRADIENTS, ElementType.F32, HERE, 100_000_000);
        assertEquals(seconds(alone, 1410, zero), seconds(alone, 705, zero));
    }

    @Test
    void keepsTensorTrafficOnTheFastLinkAndDataTrafficOnTheNetwork() {
        MeshShape mesh = MeshShape.of(2, 8, 8);
        double inside = seconds(mesh, 0, flat(MeshShape.TENSOR, 8, 1L << 28));
        double outside = seconds(mesh, 0, flat(MeshShape.DATA, 8, 1L << 28));
        assertTrue(outside > 8 * inside, outside + " against " + inside);
        double pooled = seconds(MeshShape.of(2, 64, 1), 0, flat(MeshShape.DATA, 64, 1L << 28));
        assertTrue(pooled < outside / 4, "eight cards of a node carry one ring: " + pooled);
    }

    /** nccl-tests on eight A100: 512 MiB all-reduced at 217 to 230 GB/s of bus bandwidth. */
    @Test
    void comesNearMeasuredAllReduce() {
        double seconds = seconds(MeshShape.of(1, 1, 4), 0, flat(MeshShape.TENSOR, 4, 1L << 28));
        assertEquals(3.7163e-3, seconds, 0.1 * 3.7163e-3);
    }

    private static Instruction flat(String axis, int ways, long halves) {
        return new Instruction.FlatExchange(
                Kind.ALL_REDUCE, axis, ways, ElementType.BF16, MemoryPart.GRADIENTS, HERE, HERE, halves);
    }

    @Test
    void saysWhichRateADeviceLacks() {
        var unknown = assertThrows(
                MissingFigureException.class,
                () -> cost(MeshShape.of(1, 1, 1), 0).seconds(RANK, product(ElementType.F16, 8, 8, 8)));
        assertTrue(unknown.getMessage().contains("a100_sxm_80gb lists no rate"), unknown.getMessage());
    }

    @Test
    void drawsLessPowerAtALowerClock() {
        var fast = new EnergyCost(cluster, DeviceConstants.ACCELERATOR, 1410);
        var slow = new EnergyCost(cluster, DeviceConstants.ACCELERATOR, 1005);
        assertEquals(340, fast.dynamic().value(), 1e-9);
        assertEquals(340 * Math.pow(1005.0 / 1410, 2.1), slow.dynamic().value(), 1e-9);
        double idle = slow.of(2, Seconds.of(10), Seconds.ZERO, Seconds.ZERO).value();
        assertEquals(2 * 10 * 60, idle, 1e-9);
    }

    private static final MeshShape EIGHT = MeshShape.of(1, 1, 8);

    /** A gather along the tensor axis of [rows, 1024] and the product with [columns, 1024] that reads it. */
    private List<Instruction> gatherAndProduct(int rows, int columns) {
        var part = new Buffer("part", activations(rows / 8), MemoryPart.WORKSPACE, HERE);
        var whole = new Buffer("whole", activations(rows), MemoryPart.WORKSPACE, HERE);
        var gather = new Communication(Kind.ALL_GATHER, MeshShape.TENSOR, 8, Optional.of("m"), Splitting.WHOLE);
        var weight = new Buffer(
                "weight",
                TensorType.of(ElementType.BF16, Dim.of("n", columns), Dim.of("k", 1024)),
                MemoryPart.PARAMETERS,
                HERE);
        var result = new Buffer(
                "result",
                TensorType.of(ElementType.BF16, Dim.of("m", rows), Dim.of("n", columns)),
                MemoryPart.WORKSPACE,
                HERE);
        return List.of(
                new Instruction.Exchange(gather, part, whole),
                new Instruction.Compute(
                        new MatMul(List.of("m", "n")), List.of(whole, weight), List.of(result), Map.of()));
    }

    private static TensorType activations(int rows) {
        return TensorType.of(ElementType.BF16, Dim.of("m", rows), Dim.of("k", 1024));
    }

    private double exchange(Engine engine, List<Instruction> body) {
        return DeviceCost.of(cluster, engine, EIGHT, 0).seconds(RANK, body)[0];
    }

    @Test
    void noMoreOfAnExchangeIsHiddenThanTheProductTakesThatItFeeds() {
        var roomy = gatherAndProduct(1 << 15, 8192);
        double whole = exchange(EngineCatalog.DOVETAIL, roomy);
        assertEquals(0.3 * whole, exchange(EngineCatalog.MEGATRON_CORE, roomy), 1e-3 * whole);
        var narrow = gatherAndProduct(1 << 15, 8);
        double product =
                DeviceCost.of(cluster, EngineCatalog.MEGATRON_CORE, EIGHT, 0).seconds(RANK, narrow)[1];
        assertTrue(product < 0.5 * whole, product + " of " + whole);
        assertEquals(whole - product, exchange(EngineCatalog.MEGATRON_CORE, narrow), 1e-3 * whole);
    }

    @Test
    void halfAsMuchTravelsWhereOperandsAreConvertedBeforeTheyAreGathered() {
        var body = gatherAndProduct(1 << 15, 8192);
        Engine engine = EngineCatalog.TORCHTITAN_COMPILED;
        double stored = exchange(engine, body);
        assertEquals(0.5 * stored, exchange(engine.with(ProductFormat.FP8), body), 1e-3 * stored);
        assertEquals(stored, exchange(engine.with(ProductFormat.FP8_BLOCK), body), 1e-3 * stored);
    }

    /** Of two ranks that share a sequence in order, the second sees three quarters of the keys; balanced, each sees half. */
    @Test
    void theLastStretchOfACausalSequenceLooksBackOnMost() {
        var causal = AttentionPattern.causal(1);
        double whole = attention(EngineCatalog.DOVETAIL, causal, 16384);
        double half = attention(EngineCatalog.DOVETAIL, causal.withStart("start"), 8192);
        assertEquals(0.75, half / whole, 0.01);
        double zigzag =
                attention(EngineCatalog.DOVETAIL, causal.withStart("start").mirroring(), 8192);
        assertEquals(0.5, zigzag / whole, 0.01);
        double inMegatron = attention(EngineCatalog.MEGATRON_CORE, causal.withStart("start"), 8192);
        assertEquals(0.5, inMegatron / attention(EngineCatalog.MEGATRON_CORE, causal, 16384), 0.01);
    }

    /** Of eight ranks that share a sequence; a tenth of the shorter is lost. */
    @Test
    void keysTravelBesideAttentionUntilItIsDone() {
        assertEquals(0.1, exposedKeys(EngineCatalog.MEGATRON_CORE, 1 << 17), 1e-6);
        double brief = exposedKeys(EngineCatalog.MEGATRON_CORE, 1 << 9);
        assertTrue(brief > 0.4 && brief < 1, brief + " of an exchange longer than attention");
        assertEquals(1, exposedKeys(EngineCatalog.TORCHTITAN, 1 << 17), 1e-6);
    }

    /** Share of a gather of keys that is waited for. */
    private double exposedKeys(Engine engine, int positions) {
        var gather = new Communication(Kind.ALL_GATHER, MeshShape.CONTEXT, 8, Optional.of("sequence"), Splitting.WHOLE);
        var exchange = new Instruction.Exchange(gather, buffer(heads(positions / 8)), buffer(heads(positions)));
        var attend = attend(AttentionPattern.causal(1).withStart("start"), positions / 8, positions);
        DeviceCost costs = DeviceCost.of(cluster, engine, MeshShape.of(1, 1, 8, 1), 0);
        return costs.seconds(RANK, List.of(exchange, attend))[0]
                / costs.seconds(RANK, exchange).value();
    }

    private static Instruction attend(AttentionPattern pattern, int queries, int positions) {
        Buffer query = buffer(heads(queries));
        Buffer keys = buffer(heads(positions));
        Attend attend = new Attend(pattern);
        List<Buffer> results = attend.results(List.of(query.type(), keys.type(), keys.type())).stream()
                .map(DeviceCostTest::buffer)
                .toList();
        return new Instruction.Compute(attend, List.of(query, keys, keys), results, Map.of());
    }

    private double attention(Engine engine, AttentionPattern pattern, int queries) {
        return DeviceCost.of(cluster, engine, MeshShape.of(1, 1, 1), 0)
                .seconds(RANK, attend(pattern, queries, 16384))
                .value();
    }

    private static TensorType heads(int positions) {
        return TensorType.of(
                ElementType.BF16,
                Dim.of("sequence", positions),
                Dim.of("batch", 1),
                Dim.of(AttentionPattern.HEADS, 32),
                Dim.of(AttentionPattern.HEAD_DIM, 128));
    }
}
