package dev.dovetail.runtime.train;

import dev.dovetail.runtime.mesh.Axis;
import dev.dovetail.runtime.transport.Exchange;
import dev.dovetail.runtime.transport.Traffic;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/**
 * What one rank says after a step: its part of the loss, its time, what it sent, and whether it was asked to stop.
 *
 * @param inputNanos of its time, what the step spent on its batch: drawing it, or waiting until it was there
 */
record StepReport(
        double lossSum, long tokens, long nanos, long inputNanos, boolean interrupted, List<Traffic.Row> traffic) {
    StepReport {
        traffic = List.copyOf(traffic);
    }

    byte[] encoded() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(64 + 64 * traffic.size());
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeDouble(lossSum);
            out.writeLong(tokens);
            out.writeLong(nanos);
            out.writeLong(inputNanos);
            out.writeBoolean(interrupted);
            out.writeInt(traffic.size());
            for (Traffic.Row row : traffic) {
                out.writeUTF(row.axis().name());
                out.writeByte(row.exchange().ordinal());
                out.writeLong(row.payloadBytes());
                out.writeLong(row.framingBytes());
                out.writeLong(row.messages());
                out.writeLong(row.nanos());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    static StepReport decode(byte[] bytes) {
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
            double lossSum = in.readDouble();
            long tokens = in.readLong();
            long nanos = in.readLong();
            long inputNanos = in.readLong();
            boolean interrupted = in.readBoolean();
            int rows = in.readInt();
            List<Traffic.Row> traffic = new ArrayList<>(rows);
            for (int i = 0; i < rows; i++) {
                traffic.add(new Traffic.Row(
                        new Axis(in.readUTF()),
                        Exchange.values()[in.readByte()],
                        in.readLong(),
                        in.readLong(),
                        in.readLong(),
                        in.readLong()));
            }
            return new StepReport(lossSum, tokens, nanos, inputNanos, interrupted, traffic);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
