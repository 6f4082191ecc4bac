package dev.dovetail.optimizer.technique;

import dev.dovetail.ir.cluster.Cluster;
import dev.dovetail.ir.cluster.Cluster.NodeGroup;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.ir.plan.Offload;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/**
 * Pipeline stages on nodes of different kinds, where a cluster has several. All ranks of a stage are on one kind, since they wait
 * for each other at every layer; stages on one kind are neighbours, so that the pipeline changes networks as seldom as it can.
 */
public final class MixedNodes implements Technique {

    @Override
    public String name() {
        return "nodes";
    }

    @Override
    public String citation() {
        return "Park et al. 2020, HetPipe, arXiv:2005.14038; Yuan et al. 2022, arXiv:2206.01288 (stages by device)";
    }

    @Override
    public boolean concerns(Problem problem) {
        return problem.job().cluster().mixed() || problem.fixed(Decision.NODES).isPresent();
    }

    @Override
    public List<Choice<?>> choices() {
        return List.of(Choice.of(Decision.NODES, MixedNodes::worthTrying));
    }

    private static List<List<Integer>> worthTrying(Problem problem, Decisions before) {
        var all = new ArrayList<List<Integer>>();
        extend(List.of(), new TreeSet<>(), room(problem, before), before.get(Decision.PIPELINE), all);
        return all;
    }

    /** Every row of stages in which those on one kind of node stand together. */
    private static void extend(
            List<Integer> begun, TreeSet<Integer> used, List<Integer> room, int stages, List<List<Integer>> all) {
        if (begun.size() == stages) {
            all.add(begun);
            return;
        }
        for (int kind = 1; kind <= room.size(); kind++) {
            if (used.contains(kind)) {
                continue;
            }
            var with = new TreeSet<>(used);
            with.add(kind);
            for (int n = Math.min(room.get(kind - 1), stages - begun.size()); n > 0; n--) {
                var longer = new ArrayList<>(begun);
                longer.addAll(Collections.nCopies(n, kind));
                extend(List.copyOf(longer), with, room, stages, all);
            }
        }
    }

    /** Stages that the nodes of each kind have devices for. */
    private static List<Integer> room(Problem problem, Decisions before) {
        int ranks = ranksOfStage(before);
        return problem.job().cluster().groups().stream()
                .map(group -> devices(group) / ranks)
                .toList();
    }

    private static int devices(NodeGroup group) {
        return group.count() * group.node().devices();
    }

    private static int ranksOfStage(Decisions before) {
        return before.find(Decision.TENSOR).orElse(1)
                * before.find(Decision.CONTEXT).orElse(1)
                * before.find(Decision.DATA).orElse(1);
    }

    @Override
    public Optional<Clash> clash(Problem problem, Decisions decisions) {
        boolean mixed = problem.job().cluster().mixed();
        if (mixed && problem.job().survivedFailures() > 0) {
            return Optional.of(clash(
                    "surviving node failures on nodes of several kinds is not supported yet",
                    "pipeline templates are made of nodes that are alike"));
        }
        if (mixed && problem.job().preparation().isPresent()) {
            return Optional.of(clash(
                    "preparing samples on nodes of several kinds is not supported yet",
                    "workers prepare on hosts that are alike"));
        }
        if (mixed && decisions.find(Decision.OFFLOAD).orElse(Offload.NONE).any()) {
            return Optional.of(clash(
                    "offload on nodes of several kinds is not supported yet",
                    "what lies beside a device is priced by one kind of host"));
        }
        return decisions.find(Decision.NODES).flatMap(kinds -> refusal(problem, decisions, kinds));
    }

    private static Optional<Clash> refusal(Problem problem, Decisions decisions, List<Integer> kinds) {
        Cluster cluster = problem.job().cluster();
        int stages = decisions.get(Decision.PIPELINE);
        String said = "nodes " + Decision.NODES.print().apply(kinds);
        List<Integer> room = room(problem, decisions);
        for (int kind : new TreeSet<>(kinds)) {
            if (kind < 1 || kind > room.size()) {
                return Optional.of(clash(
                                said + " names kind " + kind + ", the cluster has " + room.size(),
                                "kinds are numbered as the cluster lists them, from 1")
                        .with(cluster.origin(), "the cluster is declared here"));
            }
        }
        if (kinds.size() != stages) {
            return Optional.of(clash(
                            said + " names " + kinds.size() + " stages, pipeline is " + stages,
                            "there is an entry for each stage, in the order of the model")
                    .with(problem.origin(Decision.PIPELINE), "pipeline is " + stages + " here"));
        }
        for (int kind : new TreeSet<>(kinds)) {
            int asked = Collections.frequency(kinds, kind);
            if (asked > room.get(kind - 1)) {
                NodeGroup group = cluster.groups().get(kind - 1);
                return Optional.of(clash(
                        said + " puts " + asked + " stages of " + ranksOfStage(decisions) + " ranks on "
                                + devices(group) + " devices",
                        group.count() + " " + group.node().name() + " have room for " + room.get(kind - 1)));
            }
        }
        return Optional.empty();
    }

    private static Clash clash(String message, String note) {
        return Clash.of(Decision.NODES.name(), message, note);
    }
}
