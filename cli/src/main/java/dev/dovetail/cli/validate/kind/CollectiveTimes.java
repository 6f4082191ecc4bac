package dev.dovetail.cli.validate.kind;

import dev.dovetail.cli.validate.predict.OperatorTimes;
import dev.dovetail.cli.validate.score.RowResult;
import dev.dovetail.cli.validate.score.TableScore;
import dev.dovetail.cli.validate.table.MeasuredRow;
import dev.dovetail.cli.validate.table.MeasuredTable;
import dev.dovetail.cli.validate.table.Unexpressed;
import dev.dovetail.ir.cluster.Node;
import dev.dovetail.ir.op.Communication.Kind;
import dev.dovetail.optimizer.engine.EngineCatalog;
import java.util.List;
import java.util.Optional;
import java.util.function.IntConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Exchanges among devices by kind, size and number of ranks, in the columns of several sources. */
public final class CollectiveTimes implements TableKind {
    private static final Pattern SIZE = Pattern.compile("([\\d.]+)\\s*([kmg]?)i?b");
    /** {@code 4 nodes x 8 GPUs} in a table's header. */
    private static final Pattern NODES = Pattern.compile("(\\d+) nodes x (\\d+) gpus");

    /** Devices of a node where a table does not say how many. */
    private static final int USUAL_NODE = 8;

    @Override
    public boolean reads(MeasuredTable table) {
        return table.has("gpus", "collective", "bytes", "time_us")
                || table.has("system", "op", "num_gpus", "message_bytes", "latency_ms")
                || table.has("collective", "num_workers", "devices_per_node", "size_bytes", "time_ms")
                || table.has("payload", "busbw_gbps");
    }

    @Override
    public TableScore score(MeasuredTable table, Tools tools, IntConsumer progress) {
        List<RowResult> results = Rows.each(table, progress, row -> {
            Exchange exchange = exchange(table, row);
            Node node = node(table, exchange, tools);
            String assumed = exchange.gpu().isPresent() ? "" : "assumed: a node as " + node.name();
            return RowResult.of(row.id(), 1e6 * exchange.seconds(), 1e6 * predict(exchange, node), assumed);
        });
        double[] bytes =
                table.rows().stream().mapToDouble(row -> sent(table, row)).toArray();
        return new TableScore(
                table.name(),
                "time of an exchange",
                "us",
                "the other rows' median bandwidth",
                NaiveRate.add(results, bytes),
                List.of());
    }

    /**
     * @param gpu empty where the table does not say
     * @param bytes of the whole tensor
     */
    private record Exchange(
            Kind kind, Optional<String> gpu, int ranks, Optional<Integer> perNode, double bytes, double seconds) {
        double sent() {
            return bytes * (ranks - 1) / ranks * (kind == Kind.ALL_REDUCE ? 2 : 1);
        }
    }

    /** Where a table names no device: of the nodes with as many, the one with the slowest network that carries its fastest row. */
    private static Node node(MeasuredTable table, Exchange exchange, Tools tools) {
        if (exchange.gpu().isEmpty()) {
            double fastest = table.rows().stream()
                    .map(row -> exchange(table, row))
                    .mapToDouble(each -> each.sent() / each.seconds())
                    .max()
                    .orElse(0);
            return tools.hardware().carrying(exchange.perNode().orElse(USUAL_NODE), fastest);
        }
        Optional<Integer> usual =
                exchange.perNode().filter(n -> n >= USUAL_NODE).or(() -> Optional.of(USUAL_NODE));
        return tools.hardware().node(exchange.gpu().get(), usual);
    }

    private static double predict(Exchange exchange, Node whole) {
        boolean apart = exchange.perNode().filter(n -> n < exchange.ranks()).isPresent();
        int neighbours =
                apart ? Math.max(1, whole.devices() / exchange.perNode().orElseThrow()) : 1;
        Node node = apart && neighbours > 1 ? alone(whole, exchange.perNode().orElseThrow()) : whole;
        return new OperatorTimes(node, EngineCatalog.DOVETAIL)
                .exchange(exchange.kind(), exchange.bytes(), exchange.ranks(), 1)
                .value();
    }

    /** A node of which only some devices take part, with all its interfaces. */
    private static Node alone(Node node, int devices) {
        return new Node(
                node.name(),
                devices,
                node.device(),
                node.within(),
                devices,
                node.scaleOut(),
                node.host(),
                node.storage());
    }

    private static Exchange exchange(MeasuredTable table, MeasuredRow row) {
        if (table.has("payload", "busbw_gbps")) {
            return fromBandwidth(table, row);
        }
        if (table.has("time_us")) {
            return new Exchange(
                    kind(row.word("collective")),
                    Optional.of(row.text("gpu")),
                    row.count("gpus"),
                    Optional.empty(),
                    row.number("bytes"),
                    row.number("time_us") / 1e6);
        }
        if (table.has("message_bytes")) {
            return new Exchange(
                    kind(row.word("op")),
                    Optional.of(row.text("system")),
                    row.count("num_gpus"),
                    Optional.empty(),
                    row.number("message_bytes"),
                    row.number("latency_ms") / 1e3);
        }
        return new Exchange(
                kind(row.word("collective")),
                Optional.of(row.text("node_type").replaceFirst("_.*", "")),
                row.count("num_workers"),
                Optional.of(row.count("devices_per_node")),
                row.number("size_bytes"),
                row.number("time_ms") / 1e3);
    }

    /** NCCL's bus bandwidth is what each rank sends, over the time. */
    private static Exchange fromBandwidth(MeasuredTable table, MeasuredRow row) {
        Matcher nodes = NODES.matcher(table.header().toLowerCase(java.util.Locale.ROOT));
        if (!nodes.find()) {
            throw new Unexpressed("the table's header does not say how many nodes of how many devices");
        }
        int perNode = Integer.parseInt(nodes.group(2));
        int ranks = Math.multiplyExact(Integer.parseInt(nodes.group(1)), perNode);
        double bytes = bytes(row.word("payload"));
        double seconds = 2 * bytes * (ranks - 1) / ranks / (row.number("busbw_gbps") * 1e9);
        return new Exchange(Kind.ALL_REDUCE, row.find("gpu"), ranks, Optional.of(perNode), bytes, seconds);
    }

    private static double bytes(String text) {
        Matcher size = SIZE.matcher(text);
        if (!size.matches()) {
            throw new Unexpressed("`payload` is no size: " + text);
        }
        int power = "kmg".indexOf(size.group(2)) + 1;
        return Double.parseDouble(size.group(1)) * Math.pow(1024, size.group(2).isEmpty() ? 0 : power);
    }

    private static Kind kind(String word) {
        return switch (word) {
            case "all_reduce", "allreduce" -> Kind.ALL_REDUCE;
            case "all_gather", "allgather" -> Kind.ALL_GATHER;
            case "reduce_scatter", "reducescatter" -> Kind.REDUCE_SCATTER;
            default -> throw new Unexpressed("an exchange `" + word + "` is not supported yet");
        };
    }

    private static double sent(MeasuredTable table, MeasuredRow row) {
        try {
            return exchange(table, row).sent();
        } catch (Unexpressed unknown) {
            return Double.NaN;
        }
    }
}
