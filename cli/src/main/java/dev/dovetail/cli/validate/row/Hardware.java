package dev.dovetail.cli.validate.row;

import dev.dovetail.cli.validate.table.Unexpressed;
import dev.dovetail.grammar.resolve.Catalog;
import dev.dovetail.grammar.resolve.ResolvedSpec;
import dev.dovetail.grammar.resolve.SpecResolver;
import dev.dovetail.grammar.syntax.DefinitionKind;
import dev.dovetail.grammar.syntax.SourceText;
import dev.dovetail.ir.cluster.Cluster;
import dev.dovetail.ir.cluster.Node;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** Devices and nodes of the catalogue, found by what tables call them. */
public final class Hardware {
    private final List<Node> nodes;

    private Hardware(List<Node> nodes) {
        this.nodes = List.copyOf(nodes);
    }

    public static Hardware of(Catalog catalog, SpecResolver resolver) {
        var text = new StringBuilder();
        List<String> names = catalog.names(DefinitionKind.NODE);
        for (int i = 0; i < names.size(); i++) {
            text.append("cluster c")
                    .append(i)
                    .append(" { nodes 1 of \"")
                    .append(names.get(i))
                    .append("\" }\n");
        }
        ResolvedSpec resolved = resolver.resolve(new SourceText("nodes", text.toString()), Path.of(""));
        return new Hardware(resolved.clusters().stream().map(Cluster::node).toList());
    }

    /**
     * The node whose device a table calls {@code gpu}: the device that shares most words with the name, then the node with so
     * many devices, then the first in the catalogue.
     */
    public Node node(String gpu, Optional<Integer> devices) {
        Set<String> words = words(gpu);
        String family = words.iterator().next();
        List<Node> candidates = nodes.stream()
                .filter(node -> words(node.device().name()).contains(family))
                .toList();
        int most =
                candidates.stream().mapToInt(node -> shared(words, node)).max().orElse(0);
        List<Node> closest =
                candidates.stream().filter(node -> shared(words, node) == most).toList();
        return closest.stream()
                .filter(node -> devices.filter(count -> count == node.devices()).isPresent())
                .findFirst()
                .or(() -> closest.stream().findFirst())
                .orElseThrow(() -> new Unexpressed("no node of the catalogue has the device `" + gpu + "`"));
    }

    /**
     * Of the nodes with so many devices, the one with the slowest network that carries so much.
     *
     * @param bytesPerSecond out of the whole node
     */
    public Node carrying(int devices, double bytesPerSecond) {
        return nodes.stream()
                .filter(node -> node.devices() == devices && network(node) >= bytesPerSecond)
                .min(Comparator.comparingDouble(Hardware::network))
                .orElseThrow(() -> new Unexpressed("no node of the catalogue with " + devices
                        + " devices has a network as fast as the table's fastest row"));
    }

    private static double network(Node node) {
        return node.devices() * node.scaleOut().value();
    }

    private static int shared(Set<String> words, Node node) {
        Set<String> common = new LinkedHashSet<>(words(node.device().name()));
        common.retainAll(words);
        return common.size();
    }

    /** {@code TPUv5e}, {@code tpu_v5e} and {@code TPU-v5e} are one name. */
    private static Set<String> words(String name) {
        String lower = name.toLowerCase(Locale.ROOT).replaceAll("tpu[-_]?v", "tpuv");
        return new LinkedHashSet<>(Arrays.asList(lower.split("[-_ ]+")));
    }
}
