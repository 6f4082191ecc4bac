package dev.dovetail.runtime.transport;

import dev.dovetail.runtime.mesh.Axis;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What one rank sent, and how long it was busy or waiting with that, by axis and kind of exchange. */
public final class Traffic {
    /** One row: bytes this rank sent (payload, and framing apart), messages, and nanoseconds spent inside calls. */
    public record Row(Axis axis, Exchange exchange, long payloadBytes, long framingBytes, long messages, long nanos) {
        /** What happened since {@code earlier}, a row of the same axis and exchange. */
        public Row since(Row earlier) {
            return new Row(
                    axis,
                    exchange,
                    payloadBytes - earlier.payloadBytes,
                    framingBytes - earlier.framingBytes,
                    messages - earlier.messages,
                    nanos - earlier.nanos);
        }
    }

    private record Key(Axis axis, Exchange exchange) {}

    /** Payload, framing, messages, nanoseconds. */
    private final Map<Key, long[]> totals = new LinkedHashMap<>();

    public void sent(Axis axis, Exchange exchange, long payloadBytes, long framingBytes) {
        long[] total = total(axis, exchange);
        total[0] += payloadBytes;
        total[1] += framingBytes;
        total[2]++;
    }

    public void spent(Axis axis, Exchange exchange, long nanos) {
        total(axis, exchange)[3] += nanos;
    }

    /** Adds another account's row to this one. */
    public void add(Row row) {
        long[] total = total(row.axis(), row.exchange());
        total[0] += row.payloadBytes();
        total[1] += row.framingBytes();
        total[2] += row.messages();
        total[3] += row.nanos();
    }

    /** As it stands now. */
    public Traffic copy() {
        Traffic copy = new Traffic();
        totals.forEach((key, total) -> copy.totals.put(key, total.clone()));
        return copy;
    }

    /** What was added since {@code before}, without rows in which nothing happened. */
    public List<Row> since(Traffic before) {
        return rows().stream()
                .map(row -> row.since(before.row(row.axis(), row.exchange())))
                .filter(row -> row.messages() > 0 || row.nanos() > 0)
                .toList();
    }

    private long[] total(Axis axis, Exchange exchange) {
        return totals.computeIfAbsent(new Key(axis, exchange), key -> new long[4]);
    }

    /** Everything so far, in order of first use. */
    public List<Row> rows() {
        List<Row> rows = new ArrayList<>();
        totals.forEach((key, t) -> rows.add(new Row(key.axis(), key.exchange(), t[0], t[1], t[2], t[3])));
        return rows;
    }

    /** The row of {@code axis} and {@code exchange}, zero if it never occurred. */
    public Row row(Axis axis, Exchange exchange) {
        long[] t = totals.getOrDefault(new Key(axis, exchange), new long[4]);
        return new Row(axis, exchange, t[0], t[1], t[2], t[3]);
    }
}
