package dev.dovetail.optimizer.cost;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.ir.cluster.Cluster;
import dev.dovetail.ir.cluster.Device;
import dev.dovetail.ir.job.Precision;
import dev.dovetail.ir.job.ProductClass;
import dev.dovetail.ir.job.ProductFormat;
import dev.dovetail.ir.job.ProductFormats;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Plan;
import dev.dovetail.ir.plan.PlanOutcome;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.units.FlopsPerSecond;
import dev.dovetail.optimizer.search.Jobs;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class NarrowProductsTest {

    private static Device h100() {
        Device d = Jobs.withoutClocks(Jobs.a100(80));
        return new Device(
                "h100",
                d.memory(),
                d.bandwidth(),
                d.compute(),
                d.attainable(),
                Device.Family.HOPPER,
                d.power(),
                Optional.empty(),
                d.price(),
                Map.of(Device.Narrow.FP8, FlopsPerSecond.of(2 * 312e12)));
    }

    private static double step(Cluster cluster, ProductFormats format) {
        var job = Jobs.job(
                Jobs.gpt(2, 8192, 64, 8192, 2048),
                cluster,
                8,
                Precision.mixed(ElementType.BF16).multiplying(format));
        var outcome = Jobs.planner(CostModel.ofDevices(cluster, format)).plan(job);
        return ((PlanOutcome.Solved) outcome).plan().predicted().step().value();
    }

    @Test
    void fp8ProductsAreFasterWhereThereAreCoresForThem() {
        Cluster cluster = Jobs.dgx(1, h100());

        double stored = step(cluster, ProductFormats.STORED);
        double all = step(cluster, ProductFormats.of(ProductFormat.FP8));
        double some =
                step(cluster, ProductFormats.of(ProductFormat.FP8).with(ProductClass.ATTENTION, ProductFormat.STORED));
        assertTrue(all < 0.9 * stored);
        assertTrue(all < some && some < stored, all + " < " + some + " < " + stored);
    }

    @Test
    void ofWhatASpecAllowsTheFastestIsChosen() {
        Cluster cluster = Jobs.cluster(1, 2, h100(), 300e9, 25e9);
        var allowed = new ArrayList<ProductFormats>();
        for (ProductFormat usual : List.of(ProductFormat.STORED, ProductFormat.FP8, ProductFormat.NVFP4)) {
            allowed.add(ProductFormats.of(usual).with(ProductClass.ATTENTION, ProductFormat.STORED));
            allowed.add(ProductFormats.of(usual).with(ProductClass.ATTENTION, ProductFormat.FP8));
        }
        double fastest = allowed.stream()
                .filter(formats -> formats.all().noneMatch(ProductFormat.NVFP4::equals))
                .mapToDouble(formats -> step(cluster, formats))
                .min()
                .orElseThrow();

        Plan plan = ((PlanOutcome.Solved) choosing(cluster, allowed)).plan();

        assertEquals(fastest, plan.predicted().step().value(), 1e-12 * fastest);
        assertEquals(ProductFormats.of(ProductFormat.FP8), plan.decisions().get(Decision.MATMUL));
        assertEquals(0, plan.bound().gap());
        assertEquals(
                ProductFormats.STORED,
                Decision.MATMUL.parse().apply(Decision.MATMUL.print().apply(ProductFormats.STORED)));
        assertEquals(
                allowed.get(2),
                Decision.MATMUL.parse().apply(Decision.MATMUL.print().apply(allowed.get(2))));
    }

    @Test
    void whereDevicesHaveNoneOfWhatIsAllowedThereIsNoPlan() {
        var formats = List.of(ProductFormats.of(ProductFormat.FP8), ProductFormats.of(ProductFormat.NVFP4));

        var refused = (PlanOutcome.Infeasible) choosing(Jobs.dgx(1, Jobs.withoutClocks(Jobs.a100(80))), formats);

        assertTrue(refused.conflicts().toString().contains("no tensor cores for"), refused.conflicts()::toString);
    }

    private static PlanOutcome choosing(Cluster cluster, List<ProductFormats> allowed) {
        var job = Jobs.job(
                Jobs.gpt(2, 8192, 64, 8192, 2048),
                cluster,
                8,
                Precision.mixed(ElementType.BF16).choosing(allowed));
        return Jobs.planner(job).plan(job);
    }

    @Test
    void devicesWithoutSuchCoresAreRefused() {
        Cluster cluster = Jobs.dgx(1, Jobs.a100(80));

        var refusal = assertThrows(
                MissingFigureException.class, () -> CostModel.ofDevices(cluster, ProductFormats.of(ProductFormat.FP8)));
        assertTrue(refusal.getMessage().contains("no tensor cores for fp8"), refusal.getMessage());
    }
}
