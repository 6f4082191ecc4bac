package dev.dovetail.optimizer.search;

import dev.dovetail.ir.cluster.Device;
import dev.dovetail.ir.job.Requirement;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.units.Bytes;
import dev.dovetail.optimizer.search.Figures.Figure;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;

/** A job's requirements, and what its devices can hold, as limits on the figures of one step. */
public final class Limits {
    /**
     * Memory of an accelerator that no plan may use: the driver's context, communication buffers and fragmentation (0.6 to
     * 1.4 GB beside what a framework allocates on A100 and H100).
     */
    static final Bytes RESERVE = Bytes.ofGib(1);

    private Limits() {}

    /** Every limit but those relative to the best plan. */
    public static List<Limit> of(TrainJob job) {
        return of(job, capacity(job));
    }

    /** The same on devices of which an engine takes {@code kept} bytes for itself, or to which it adds what it spares. */
    static List<Limit> of(TrainJob job, Bytes installed, long kept) {
        String said = "each " + job.cluster().node().device().name() + " has " + installed
                + ", of which the engine takes " + Bytes.of(Math.max(0, kept));
        return of(
                job,
                Limit.given(
                        Figure.MEMORY,
                        installed.count() - kept,
                        said,
                        job.cluster().origin()));
    }

    /** Stacks of HBM hold powers of two: a device sold with 80 GB has 80 GiB, as nvidia-smi shows. */
    public static Bytes installed(TrainJob job) {
        return Bytes.ofGib(job.cluster().node().device().memory().count() / 1e9);
    }

    private static List<Limit> of(TrainJob job, Limit capacity) {
        var limits = new ArrayList<Limit>();
        limits.add(capacity);
        for (Requirement requirement : job.requirements()) {
            switch (requirement) {
                case Requirement.MemoryShare share -> limits.add(share(job, share));
                case Requirement.MemoryBytes bytes ->
                    limits.add(Limit.of(Figure.MEMORY, bytes.limit().count(), bytes));
                case Requirement.AtMost most -> limits.add(atMost(job, most));
                case Requirement.WithinFactorOfBest relative -> {}
                // A rule on decisions, not a figure: the technique of that name holds it.
                case Requirement.Survive survive -> {}
            }
        }
        return limits;
    }

    /** Limits on memory speak of the device that has most; {@link #lacking} says how much less others have. */
    static Device roomiest(TrainJob job) {
        return job.cluster().groups().stream()
                .map(group -> group.node().device())
                .max(Comparator.comparing(Device::memory))
                .orElseThrow();
    }

    /** By kind of node: bytes that a plan may use less of its devices than of the roomiest. */
    static List<Long> lacking(TrainJob job) {
        long most = usable(job, roomiest(job));
        return job.cluster().groups().stream()
                .map(group -> most - usable(job, group.node().device()))
                .toList();
    }

    private static long usable(TrainJob job, Device device) {
        double least = device.memory().count() - (double) RESERVE.count();
        for (Requirement requirement : job.requirements()) {
            if (requirement instanceof Requirement.MemoryShare share) {
                least = Math.min(least, share.share() * device.memory().count());
            } else if (requirement instanceof Requirement.MemoryBytes bytes) {
                least = Math.min(least, bytes.limit().count());
            }
        }
        return (long) least;
    }

    private static Limit capacity(TrainJob job) {
        Bytes memory = roomiest(job).memory();
        boolean ours = job.cluster().thisMachine().isPresent();
        Bytes usable = ours ? memory : memory.minus(RESERVE);
        String said = ours
                ? "each rank of this machine has " + memory
                : job.cluster().groups().stream()
                                .map(group -> group.node().device())
                                .distinct()
                                .map(device -> "each " + device.name() + " has " + device.memory())
                                .collect(Collectors.joining(" and "))
                        + ", of which " + RESERVE + " are kept for driver and communication";
        return Limit.given(Figure.MEMORY, usable.count(), said, job.cluster().origin());
    }

    private static Limit share(TrainJob job, Requirement.MemoryShare share) {
        return Limit.of(Figure.MEMORY, share.share() * roomiest(job).memory().count(), share);
    }

    /** A requirement speaks of the whole job, figures of one step. */
    private static Limit atMost(TrainJob job, Requirement.AtMost most) {
        Figure figure = Figure.of(most.objective());
        double perStep = figure.addsUp() && job.steps() > 0 ? most.limit() / job.steps() : most.limit();
        return Limit.of(figure, perStep, most);
    }
}
