package dev.dovetail.optimizer.search;

import dev.dovetail.ir.cluster.Cluster;
import dev.dovetail.ir.cluster.Device;
import dev.dovetail.ir.job.Objective;
import dev.dovetail.ir.job.Precision;
import dev.dovetail.ir.job.Requirement;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.spec.Origin;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.units.Bytes;
import dev.dovetail.ir.units.BytesPerSecond;
import dev.dovetail.ir.units.DollarsPerHour;
import dev.dovetail.ir.units.FlopsPerSecond;
import dev.dovetail.ir.units.Watts;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;

/** Small jobs on odd hardware, where compute, links and memory matter about equally. */
final class RandomJobs {
    private RandomJobs() {}

    static TrainJob job(long seed) {
        var random = new SplittableRandom(seed);
        int heads = pick(random, 1, 2, 4);
        // Two stages of two chunks each, in rounds or in a V, need four layers.
        boolean chunked = seed % 12 == 7;
        int layers = chunked ? 4 : random.nextInt(1, 4);
        int vocab = pick(random, 32, 48);
        // Long enough for ranks to share them, where memory is a thousand times as much.
        boolean isLong = seed % 24 == 7;
        int context = isLong ? pick(random, 8192, 16384) : pick(random, 8, 16);
        var model = seed % 10 == 1
                ? Jobs.moe(layers, 16 * heads, heads, vocab, context)
                : Jobs.gpt(layers, 16 * heads, heads, vocab, context);
        int perNode = pick(random, 1, 2, 4);
        int nodes = random.nextInt(1, 1 + 4 / perNode);
        // Launches of 4 us hide everything at this size unless the device is slow.
        double bandwidth = Math.pow(10, 7 + random.nextDouble() * 2);
        Cluster cluster = Jobs.cluster(
                nodes, perNode, device(random, isLong ? 1000 : 1), bandwidth, bandwidth / pick(random, 1, 4, 16));
        TrainJob job = Jobs.job(
                model,
                cluster,
                pick(random, 2, 3, 4),
                random.nextBoolean() ? Precision.uniform(ElementType.F32) : Precision.mixed(ElementType.BF16));
        TrainJob asked = Jobs.asking(fix(random, job), objectives(random), requirements(random));
        // Every way to split layers, or to recompute them, multiplies the plans to write down: some problems suffice
        // for that.
        boolean even = seed % 4 != 0 || layers == 3 && seed % 8 != 0;
        boolean apart = layers < 3 ? seed % 3 == 0 : seed % 30 == 2;
        TrainJob alike = apart || asked.fixed().containsKey("recompute")
                ? asked
                : Jobs.fix(asked, "recompute", seed % 3 == 0 ? "selective" : "full");
        var forbidden = new ArrayList<String>();
        if (even) {
            forbidden.add("stages");
        }
        if (seed % 8 > 0) {
            forbidden.add("zero_bubble");
        }
        TrainJob whole = alike.with(alike.fixed(), forbidden);
        return switch ((int) (seed % 12)) {
            case 1 -> RandomSurroundings.mixed(whole, new SplittableRandom(seed));
            case 3, 9 -> RandomSurroundings.beside(whole, new SplittableRandom(seed));
            case 5, 11 -> RandomSurroundings.prepared(whole, new SplittableRandom(seed));
            case 10 -> RandomSurroundings.inFormats(whole, new SplittableRandom(seed));
            case 7 -> Jobs.fix(whole, "pipeline", "2");
            default -> whole;
        };
    }

    private static Device device(SplittableRandom random, long memory) {
        double flops = Math.pow(10, 8 + random.nextDouble() * 2);
        Optional<Device.Clocks> clocks =
                random.nextInt(3) > 0 ? Optional.empty() : Optional.of(new Device.Clocks(400, 1000, 300));
        return new Device(
                "toy",
                Bytes.ofGib(1).plus(Bytes.of(memory * random.nextInt(20_000, 600_000))),
                BytesPerSecond.of(Math.pow(10, 8 + random.nextDouble())),
                Map.of(ElementType.F32, FlopsPerSecond.of(flops), ElementType.BF16, FlopsPerSecond.of(2 * flops)),
                0.8,
                Device.Family.OTHER,
                new Device.Power(Watts.of(10), Watts.of(100)),
                clocks,
                Optional.of(DollarsPerHour.of(1)));
    }

    private static TrainJob fix(SplittableRandom random, TrainJob job) {
        return switch (random.nextInt(5)) {
            case 0 -> Jobs.fix(job, "microbatch", "1");
            case 1 -> Jobs.fix(job, "shard", "none");
            case 2 -> Jobs.fix(job, "recompute", pick(random, "none", "selective", "full"));
            default -> job;
        };
    }

    private static List<Objective> objectives(SplittableRandom random) {
        return pick(
                random,
                List.of(Objective.TIME),
                List.of(Objective.TIME),
                List.of(Objective.ENERGY),
                List.of(Objective.COST),
                List.of(Objective.GPUS),
                List.of(Objective.GPUS, Objective.ENERGY));
    }

    private static List<Requirement> requirements(SplittableRandom random) {
        return pick(
                random,
                List.of(),
                List.of(),
                List.of(new Requirement.WithinFactorOfBest(Objective.TIME, 1.3, Origin.NONE)),
                List.of(new Requirement.AtMost(Objective.GPUS, 2, Origin.NONE)));
    }

    @SafeVarargs
    private static <T> T pick(SplittableRandom random, T... values) {
        return values[random.nextInt(values.length)];
    }
}
