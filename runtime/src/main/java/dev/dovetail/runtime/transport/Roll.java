package dev.dovetail.runtime.transport;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * What rank 0 answers at a {@link HostRendezvous}: where everybody is, or why the job cannot begin.
 *
 * @param error empty when all is well
 */
record Roll(List<Attendance> ranks, String error, String help) {
    private static final long MAGIC = 0x444F5645_524F4C4CL;
    private static final int MOST_BYTES = 64 << 20;
    private static final JsonMapper JSON = JsonMapper.builder().build();

    static Roll of(List<Attendance> ranks) {
        return new Roll(List.copyOf(ranks), "", "");
    }

    static Roll failed(String error, String help) {
        return new Roll(List.of(), error, help);
    }

    /** {@code [magic 8][length 4][JSON]}. */
    static void send(Socket socket, Object message) throws IOException {
        byte[] text = JSON.writeValueAsString(message).getBytes(StandardCharsets.UTF_8);
        DataOutputStream out = new DataOutputStream(socket.getOutputStream());
        out.writeLong(MAGIC);
        out.writeInt(text.length);
        out.write(text);
        out.flush();
    }

    /** @throws IOException when the other side is no rank of a Dovetail job, or ended */
    static <T> T receive(Socket socket, Class<T> type) throws IOException {
        DataInputStream in = new DataInputStream(socket.getInputStream());
        if (in.readLong() != MAGIC) {
            throw new IOException("whoever answers there is no rank of a job");
        }
        int length = in.readInt();
        if (length < 0 || length > MOST_BYTES) {
            throw new IOException("damaged message");
        }
        try {
            return JSON.readValue(new String(in.readNBytes(length), StandardCharsets.UTF_8), type);
        } catch (JacksonException e) {
            throw new IOException("a message that makes no sense", e);
        }
    }
}
