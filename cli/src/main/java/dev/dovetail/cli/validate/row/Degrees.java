package dev.dovetail.cli.validate.row;

import dev.dovetail.cli.validate.table.MeasuredRow;
import dev.dovetail.cli.validate.table.Unexpressed;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How a row spreads its devices; what neither stands in the row nor follows from it is empty.
 *
 * @param data ranks that share the batch, sharded or not
 * @param group data ranks that share one copy of what is sharded, where the row says fewer than all
 */
record Degrees(OptionalInt tensor, OptionalInt pipeline, OptionalInt context, OptionalInt data, OptionalInt group) {
    /** {@code fsdp64}, {@code zero1(group 8)}; {@code fsdp2} is the second version of PyTorch's interface. */
    private static final Pattern GROUP = Pattern.compile("fsdp(?!2$)(\\d+)$|group\\s*(\\d+)");

    static Degrees of(MeasuredRow row, int gpus) {
        OptionalInt context = row.findCount("cp").isPresent() ? row.findCount("cp") : OptionalInt.of(1);
        OptionalInt tensor = row.findCount("tp");
        OptionalInt pipeline = row.findCount("pp");
        OptionalInt stated = row.findCount("dp");
        OptionalInt group = group(row.word("sharding"));
        boolean replicated =
                group.isPresent() && stated.isPresent() && row.word("sharding").startsWith("fsdp");
        OptionalInt data =
                replicated ? OptionalInt.of(Math.multiplyExact(stated.getAsInt(), group.getAsInt())) : stated;
        if (gpus == 1) {
            OptionalInt one = OptionalInt.of(1);
            return new Degrees(one, one, one, one, OptionalInt.empty());
        }
        if (tensor.isEmpty()
                && pipeline.isEmpty()
                && data.isPresent()
                && gpus == data.getAsInt() * context.getAsInt()) {
            tensor = OptionalInt.of(1);
            pipeline = OptionalInt.of(1);
        }
        if (tensor.isPresent() && pipeline.isEmpty() && row.word("sharding").startsWith("fsdp")) {
            pipeline = OptionalInt.of(1);
        }
        return spread(row, gpus, tensor, pipeline, context, data, group);
    }

    private static Degrees spread(
            MeasuredRow row,
            int gpus,
            OptionalInt tensor,
            OptionalInt pipeline,
            OptionalInt context,
            OptionalInt data,
            OptionalInt group) {
        if (tensor.isEmpty() || pipeline.isEmpty()) {
            return new Degrees(tensor, pipeline, context, data, group);
        }
        long model = (long) tensor.getAsInt() * pipeline.getAsInt() * context.getAsInt();
        if (gpus % model != 0) {
            throw new Unexpressed(model + " ranks of a model do not divide " + gpus + " devices");
        }
        int all = (int) (gpus / model);
        if (data.isEmpty() || data.getAsInt() == all) {
            return new Degrees(tensor, pipeline, context, OptionalInt.of(all), smaller(group, all));
        }
        boolean replicas = row.word("sharding").startsWith("fsdp") && all % data.getAsInt() == 0;
        if (!replicas) {
            throw new Unexpressed(
                    "tp x pp x cp x dp is " + model * data.getAsInt() + ", not the " + gpus + " devices stated");
        }
        return new Degrees(
                tensor, pipeline, context, OptionalInt.of(all), smaller(OptionalInt.of(all / data.getAsInt()), all));
    }

    private static OptionalInt group(String sharding) {
        Matcher said = GROUP.matcher(sharding);
        return said.find()
                ? OptionalInt.of(Integer.parseInt(said.group(1) == null ? said.group(2) : said.group(1)))
                : OptionalInt.empty();
    }

    private static OptionalInt smaller(OptionalInt group, int data) {
        return group.isPresent() && group.getAsInt() < data ? group : OptionalInt.empty();
    }
}
