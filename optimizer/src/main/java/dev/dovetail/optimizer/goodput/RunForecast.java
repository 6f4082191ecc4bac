package dev.dovetail.optimizer.goodput;

import dev.dovetail.ir.cluster.Failures;
import dev.dovetail.ir.cluster.Node;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.plan.Goodput;
import dev.dovetail.ir.plan.Plan.Predicted;
import dev.dovetail.ir.plan.WholeRun;
import dev.dovetail.ir.program.MemoryPart;
import dev.dovetail.ir.units.Bytes;
import dev.dovetail.ir.units.Seconds;
import java.util.Optional;

/** From one step to the whole job. */
public final class RunForecast {
    private RunForecast() {}

    /** Empty where the job says neither steps nor tokens. */
    public static Optional<WholeRun> of(TrainJob job, Predicted predicted) {
        if (job.steps() == 0) {
            return Optional.empty();
        }
        Optional<Goodput> goodput = goodput(job, predicted);
        double lost = goodput.map(kept -> 1 / kept.stated().fraction()).orElse(1.0);
        double steps = job.steps() * lost;
        return Optional.of(new WholeRun(
                job.steps(),
                predicted.step().times(steps),
                predicted.energy().times(steps),
                predicted.cost().times(steps),
                predicted.carbon().times(steps),
                goodput));
    }

    /**
     * Every device saves its weights and optimizer state to the drives of its node, all nodes at once. Devices that hold copies are
     * counted too, as the slowest node saves no less. Empty where failures or drives are unknown.
     */
    private static Optional<Goodput> goodput(TrainJob job, Predicted predicted) {
        Optional<Failures> failures = job.cluster().failures();
        if (failures.isEmpty() || job.cluster().groups().isEmpty()) {
            return Optional.empty();
        }
        Node node = job.cluster().node();
        return node.storage().map(drives -> {
            int nodes = Math.ceilDiv(predicted.devices(), node.devices());
            Bytes ofNode = saved(predicted).times(Math.min(predicted.devices(), node.devices()));
            var write = Seconds.of(ofNode.count() / drives.write().value());
            var restart = failures.get()
                    .restart()
                    .plus(Seconds.of(ofNode.count() / drives.read().value()));
            Seconds between = failures.get().between(nodes);
            var interval = new CheckpointInterval(between, predicted.step(), write, restart);
            return new Goodput(
                    between,
                    saved(predicted).times(predicted.devices()),
                    write,
                    restart,
                    interval.every(job.checkpointEvery()),
                    interval.best(job.steps()));
        });
    }

    private static Bytes saved(Predicted predicted) {
        return predicted
                .memory()
                .getOrDefault(MemoryPart.PARAMETERS, Bytes.ZERO)
                .plus(predicted.memory().getOrDefault(MemoryPart.OPTIMIZER, Bytes.ZERO));
    }
}
