package dev.dovetail.cli.validate.row;

import dev.dovetail.cli.validate.table.MeasuredRow;
import dev.dovetail.ir.cluster.Device;
import dev.dovetail.ir.cluster.Node;
import dev.dovetail.ir.tensor.ElementType;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A row's devices and what joins them, as declarations of the spec language. */
final class ClusterText {
    /** {@code 8x200Gb HDR IB}: interfaces of a node. */
    private static final Pattern INTERFACES = Pattern.compile("(\\d+)\\s*x\\s*(\\d+)\\s*gb");

    /** {@code 400Gb/s RoCE per GPU}, {@code 1600Gb/s RoCE per node}. */
    private static final Pattern RATE = Pattern.compile("(\\d+)\\s*gb/s.* per (gpu|node)");

    /** {@code NVL72}, {@code 4 slice(s) of 64 chips}: devices that reach each other over the scale-up network. */
    private static final Pattern DOMAIN = Pattern.compile("nvl(\\d+)|slice\\(s\\) of (\\d+)");

    private final MeasuredRow row;
    private final Node base;
    private final int gpus;
    private final int perNode;

    ClusterText(MeasuredRow row, Hardware hardware) {
        this.row = row;
        this.gpus = row.count("gpus");
        Optional<Integer> said = row.findCount("gpus_per_node").stream().boxed().findFirst();
        this.base = hardware.node(row.text("gpu"), said);
        this.perNode = Math.min(said.orElse(base.devices()), gpus);
    }

    int gpus() {
        return gpus;
    }

    /** Assumptions are told where the table's name fits several devices. */
    void tell(List<String> assumed) {
        if (!row.word("gpu").contains("gb") && base.device().name().contains("gb")) {
            assumed.add(base.device().name());
        }
    }

    String declarations() {
        return device() + node() + "cluster machines { nodes " + Math.ceilDiv(gpus, perNode) + " of measured_node }\n";
    }

    /** The catalogue's device under the row's power cap, and with a rate for bf16 where it has one for fp16 alone. */
    private String device() {
        var changes = new StringBuilder();
        OptionalDouble cap = row.findNumber("power_cap_w");
        if (cap.isPresent()) {
            changes.append(", power { cap ").append(number(cap.getAsDouble())).append(" W }");
        }
        Device device = base.device();
        boolean fp16Alone = !device.compute().containsKey(ElementType.BF16)
                && device.compute().containsKey(ElementType.F16);
        if (fp16Alone) {
            double rate = device.compute().get(ElementType.F16).value();
            changes.append(", compute { bf16 ").append(number(rate / 1e12)).append(" TFLOPS }");
        }
        String body = changes.isEmpty() ? "" : changes.substring(2).replace("}, ", "}\n  ");
        return "device measured_device extends " + device.name() + " {" + (body.isEmpty() ? "" : "\n  " + body + "\n")
                + "}\n";
    }

    private String node() {
        int domain = Math.max(perNode, domain());
        return """
                node measured_node {
                  %d of measured_device
                  within %s
                  domain %d
                  nics   %d x %s GB/s
                }
                """.formatted(perNode, base.within().name(), domain, perNode, number(scaleOut() / 1e9));
    }

    private int domain() {
        Matcher said = DOMAIN.matcher(row.word("interconnect"));
        if (said.find()) {
            return Integer.parseInt(said.group(1) == null ? said.group(2) : said.group(1));
        }
        return base.domain() > base.devices() ? base.domain() : perNode;
    }

    /** Bytes a second out of the node for each device. */
    private double scaleOut() {
        String text = row.word("interconnect");
        int whole = row.findCount("gpus_per_node").orElse(base.devices());
        Matcher interfaces = INTERFACES.matcher(text);
        if (interfaces.find()) {
            return bytes(interfaces.group(2)) * Integer.parseInt(interfaces.group(1)) / whole;
        }
        Matcher rate = RATE.matcher(text);
        if (rate.find()) {
            return bytes(rate.group(1)) / (rate.group(2).equals("gpu") ? 1 : whole);
        }
        return base.scaleOut().value();
    }

    private static double bytes(String gigabits) {
        return Integer.parseInt(gigabits) * 1e9 / 8;
    }

    private static String number(double value) {
        return value == Math.rint(value) ? Long.toString((long) value) : String.format(Locale.ROOT, "%.6f", value);
    }
}
