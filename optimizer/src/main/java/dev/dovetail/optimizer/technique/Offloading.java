package dev.dovetail.optimizer.technique;

import dev.dovetail.ir.cluster.Cluster;
import dev.dovetail.ir.cluster.Node;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decision.Tier;
import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.ir.plan.Offload;
import dev.dovetail.ir.units.Bytes;
import java.util.List;
import java.util.Optional;

/**
 * State lies in the memory of the host or on its drives and comes to the device to be used: a layer's weights when it runs, its
 * gradients when they are added to, its optimizer state when it is updated, what it saved when its backward pass runs. Every rank moves its own shares over its own link. Legal on any
 * cluster that says what its nodes have; tried where a cluster's devices cannot hold the model's state together.
 */
public final class Offloading implements Technique {

    @Override
    public String name() {
        return "offload";
    }

    @Override
    public String citation() {
        return "Rajbhandari et al. 2021, ZeRO-Infinity, arXiv:2104.07857";
    }

    @Override
    public List<Choice<?>> choices() {
        return List.of(
                Choice.of(
                        Decision.OFFLOAD,
                        (problem, before) -> isTooLarge(problem) ? Offload.values() : List.of(Offload.NONE)),
                Choice.of(Decision.OFFLOAD_TO, Offloading::tiers));
    }

    private static List<Tier> tiers(Problem problem, Decisions before) {
        if (!before.get(Decision.OFFLOAD).any()) {
            return List.of(Tier.HOST);
        }
        List<Tier> there = List.of(Tier.values()).stream()
                .filter(tier -> has(problem.job().cluster(), tier))
                .toList();
        return there.isEmpty() ? List.of(Tier.HOST) : there;
    }

    /** Whether weights, gradients and optimizer state alone are more than all devices hold. */
    private static boolean isTooLarge(Problem problem) {
        Cluster cluster = problem.job().cluster();
        boolean beside = has(cluster, Tier.HOST) || has(cluster, Tier.STORAGE);
        var precision = problem.job().precision();
        double each = precision.compute().bytes() + precision.gradient().bytes() + precision.optimizerBytes();
        double held = (double) cluster.node().device().memory().count() * cluster.devices();
        return beside && !cluster.mixed() && each * problem.parameters() > held;
    }

    /** This machine has memory and drives, whatever its description says. */
    private static boolean has(Cluster cluster, Tier tier) {
        Node node = cluster.node();
        return cluster.thisMachine().isPresent()
                || switch (tier) {
                    case HOST -> node.host().isPresent();
                    case STORAGE -> node.storage().isPresent();
                };
    }

    /** What each device may use of a tier. */
    public static Bytes room(Node node, Tier tier) {
        Optional<Bytes> all = switch (tier) {
            case HOST -> node.host().map(Node.Host::memory);
            case STORAGE -> node.storage().map(Node.Storage::size);
        };
        return all.map(bytes -> Bytes.of(bytes.count() / node.devices())).orElse(Bytes.of(Long.MAX_VALUE));
    }

    @Override
    public Optional<Clash> clash(Problem problem, Decisions decisions) {
        Offload offload = decisions.find(Decision.OFFLOAD).orElse(Offload.NONE);
        Optional<Tier> tier = decisions.find(Decision.OFFLOAD_TO);
        if (!offload.any() || tier.isEmpty() || has(problem.job().cluster(), tier.get())) {
            return Optional.empty();
        }
        String word = Decision.OFFLOAD_TO.print().apply(tier.get());
        return Optional.of(Clash.of(
                        Decision.OFFLOAD_TO.name(),
                        "the cluster's nodes say nothing of their " + word,
                        "what lies there comes no faster than it is read")
                .help("say `" + word + " { … }` in the node"));
    }
}
