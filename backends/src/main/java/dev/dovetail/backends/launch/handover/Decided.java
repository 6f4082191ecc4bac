package dev.dovetail.backends.launch.handover;

import dev.dovetail.ir.cluster.Cluster;
import dev.dovetail.ir.job.ProductFormat;
import dev.dovetail.ir.job.ProductFormats;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decision.Recompute;
import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.ir.plan.Offload;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** A plan's decisions as one system reads them; what it did not read, it cannot express. */
final class Decided {
    private static final String PRODUCTS = "matmul";

    private final String target;
    private final Decisions decisions;
    private final ProductFormats products;
    private final Set<String> read = new HashSet<>();

    Decided(String target, PlannedTraining planned) {
        this.target = target;
        this.decisions = planned.plan().decisions();
        this.products = planned.job().precision().products();
    }

    <T> T get(Decision<T> decision) {
        read.add(decision.name());
        return decisions.get(decision);
    }

    /** Empty where the plan left it open, which some decisions are. */
    <T> Optional<T> find(Decision<T> decision) {
        read.add(decision.name());
        return decisions.find(decision);
    }

    /** What every layer computes again. */
    Recompute recompute() {
        return get(Decision.RECOMPUTE)
                .everywhere()
                .orElseThrow(() -> refusal(Decision.RECOMPUTE, "it takes one setting for the layers of all stages"));
    }

    /** What lies in slower memory, and in which. */
    Offload offload() {
        read.add(Decision.OFFLOAD_TO.name());
        return find(Decision.OFFLOAD).orElse(Offload.NONE);
    }

    /** For systems that keep all of a rank in its device's memory, or move other things than plans do. */
    void requireOnDevice(String why) {
        if (offload().any()) {
            throw refusal(Decision.OFFLOAD, why);
        }
    }

    /**
     * Processes of each rank that prepare samples beside its steps, none where its own does so in the step; empty where the plan does
     * not say.
     */
    Optional<Integer> loaders(Cluster cluster) {
        List.of(Decision.PREPARE_HELPERS, Decision.PREPARE_STEPS, Decision.PREPARE_SHARE)
                .forEach(decision -> read.add(decision.name()));
        return find(Decision.PREPARE).map(prepare -> switch (prepare) {
            case IN_STEP -> 0;
            case WORKER -> spareCores(cluster);
            case HELPERS, STORAGE -> throw refusal(Decision.PREPARE, "its ranks load all their samples themselves");
        });
    }

    /** Of each rank, beside the one that launches its kernels. */
    private static int spareCores(Cluster cluster) {
        Optional<Integer> cores = cluster.groups().stream()
                .findFirst()
                .flatMap(group -> group.node()
                        .host()
                        .map(host -> host.cores() / group.node().devices() - 1));
        return Math.max(1, cores.orElse(1));
    }

    /** What linear layers multiply in. */
    ProductFormat products() {
        if (products.differ()) {
            throw productRefusal("what is written for it multiplies all linear layers in one format");
        }
        read.add(PRODUCTS);
        return products.usual();
    }

    /** A refusal of the format that linear layers multiply in. */
    NotExpressible productRefusal(String why) {
        return new NotExpressible(target, PRODUCTS + " " + products, why);
    }

    /** A refusal of the value that was decided. */
    NotExpressible refusal(Decision<?> decision, String why) {
        return new NotExpressible(
                target, decision.name() + " " + decisions.asText().get(decision.name()), why);
    }

    /** For systems without a setting for it, before they look at what is stored. */
    void requireProductsRead() {
        if (!products.equals(ProductFormats.STORED) && !read.contains(PRODUCTS)) {
            throw productRefusal("what is written for it multiplies what is stored");
        }
    }

    /** Call it last: a decision that nobody asked for would otherwise be lost in silence. */
    void requireAllRead() {
        requireProductsRead();
        read.add(Decision.MATMUL.name());
        decisions.asText().forEach((name, value) -> {
            if (!read.contains(name)) {
                throw new NotExpressible(target, name + " " + value, "it has no setting for that decision");
            }
        });
    }
}
