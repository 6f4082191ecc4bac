package dev.dovetail.runtime.transport;

import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.channels.SocketChannel;
import jdk.net.ExtendedSocketOptions;

/** How connections between hosts are set: no waiting for more to send, and a peer's silence is looked into. */
final class TcpOptions {
    private static final int IDLE_SECONDS = 10;
    private static final int BETWEEN_PROBES_SECONDS = 5;
    private static final int PROBES = 3;

    private TcpOptions() {}

    /** A process that dies closes its connections; a host that vanishes does not, and is missed after 25 seconds. */
    static SocketChannel talking(SocketChannel channel) throws IOException {
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
        if (channel.supportedOptions().contains(ExtendedSocketOptions.TCP_KEEPIDLE)) {
            channel.setOption(ExtendedSocketOptions.TCP_KEEPIDLE, IDLE_SECONDS);
            channel.setOption(ExtendedSocketOptions.TCP_KEEPINTERVAL, BETWEEN_PROBES_SECONDS);
            channel.setOption(ExtendedSocketOptions.TCP_KEEPCOUNT, PROBES);
        }
        return channel;
    }
}
