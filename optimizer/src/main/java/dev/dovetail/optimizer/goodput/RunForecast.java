package dev.dovetail.optimizer.goodput;

import dev.dovetail.ir.cluster.Cluster.NodeGroup;
import dev.dovetail.ir.cluster.Failures;
import dev.dovetail.ir.cluster.Node;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decision.Shard;
import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.ir.plan.Goodput;
import dev.dovetail.ir.plan.Plan.Predicted;
import dev.dovetail.ir.plan.WholeRun;
import dev.dovetail.ir.program.MemoryPart;
import dev.dovetail.ir.units.Bytes;
import dev.dovetail.ir.units.Seconds;
import java.util.Comparator;
import java.util.Optional;

/** From one step to the whole job. */
public final class RunForecast {
    /** A job that keeps less than this of its time gets nowhere: failures come faster than it starts again. */
    private static final double LEAST_GOODPUT = 1e-6;

    private RunForecast() {}

    /** Empty where the job says neither steps nor tokens, and where failures never let it end. */
    public static Optional<WholeRun> of(TrainJob job, Decisions decisions, Predicted predicted) {
        if (job.steps() == 0) {
            return Optional.empty();
        }
        Optional<Goodput> goodput = goodput(job, decisions, predicted);
        if (goodput.filter(RunForecast::isHopeless).isPresent()) {
            return Optional.empty();
        }
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

    /** Why the job never ends, where failures come faster than it starts again. */
    public static Optional<String> neverEnds(TrainJob job, Decisions decisions, Predicted predicted) {
        return goodput(job, decisions, predicted)
                .filter(RunForecast::isHopeless)
                .map(kept -> "never ends: a node fails every " + kept.betweenFailures() + ", "
                        + kept.stated().steps()
                        + " steps between checkpoints take "
                        + predicted.step().times(kept.stated().steps()) + ", saving one " + kept.write()
                        + " and starting again " + kept.restart());
    }

    /** Also where it is no number: less than the least that a double holds. */
    private static boolean isHopeless(Goodput kept) {
        return !(kept.stated().fraction() >= LEAST_GOODPUT);
    }

    /**
     * The devices of one copy save their weights, and all save what optimizer state is theirs alone, to the drives of their nodes and
     * all at once: the slowest node saves both. Empty where failures or drives are unknown.
     */
    private static Optional<Goodput> goodput(TrainJob job, Decisions decisions, Predicted predicted) {
        Optional<Failures> failures = job.cluster().failures();
        if (failures.isEmpty() || job.cluster().groups().isEmpty()) {
            return Optional.empty();
        }
        Node node = slowestToSave(job);
        return node.storage().map(drives -> {
            int nodes = Math.ceilDiv(predicted.devices(), node.devices());
            Bytes weights = predicted.memory().getOrDefault(MemoryPart.PARAMETERS, Bytes.ZERO);
            Bytes state = predicted.memory().getOrDefault(MemoryPart.OPTIMIZER, Bytes.ZERO);
            Bytes ofNode = weights.plus(state).times(Math.min(predicted.devices(), node.devices()));
            var write = Seconds.of(ofNode.count() / drives.write().value());
            var restart = failures.get()
                    .restart()
                    .plus(Seconds.of(ofNode.count() / drives.read().value()));
            Seconds between = failures.get().between(nodes);
            var interval = new CheckpointInterval(between, predicted.step(), write, restart);
            return new Goodput(
                    between,
                    weights.times(predicted.devices() / copies(decisions, Shard.PARAMETERS))
                            .plus(state.times(predicted.devices() / copies(decisions, Shard.OPTIMIZER))),
                    write,
                    restart,
                    interval.every(job.checkpointEvery()),
                    interval.best(job.steps()));
        });
    }

    /** The one whose drives take longest; one that says nothing of its drives where there is one. */
    private static Node slowestToSave(TrainJob job) {
        return job.cluster().groups().stream()
                .map(NodeGroup::node)
                .min(Comparator.comparingDouble(node ->
                        node.storage().map(drives -> drives.write().value()).orElse(0.0)))
                .orElseThrow();
    }

    /** Devices that hold the same bytes of what is sharded from {@code least} on. */
    private static int copies(Decisions decisions, Shard least) {
        boolean sharded = decisions.get(Decision.SHARD).compareTo(least) >= 0;
        return sharded
                ? 1
                : decisions.get(Decision.DATA)
                        * decisions.find(Decision.CONTEXT).orElse(1);
    }
}
