package dev.dovetail.optimizer.cost;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.ir.cluster.Cluster;
import dev.dovetail.ir.cluster.Device;
import dev.dovetail.ir.job.Precision;
import dev.dovetail.ir.job.ProductClass;
import dev.dovetail.ir.job.ProductFormat;
import dev.dovetail.ir.job.ProductFormats;
import dev.dovetail.ir.plan.PlanOutcome;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.units.FlopsPerSecond;
import dev.dovetail.optimizer.search.Jobs;
import java.util.Map;
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
                d.clocks(),
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
    void devicesWithoutSuchCoresAreRefused() {
        Cluster cluster = Jobs.dgx(1, Jobs.a100(80));

        var refusal = assertThrows(
                MissingFigureException.class, () -> CostModel.ofDevices(cluster, ProductFormats.of(ProductFormat.FP8)));
        assertTrue(refusal.getMessage().contains("no tensor cores for fp8"), refusal.getMessage());
    }
}
