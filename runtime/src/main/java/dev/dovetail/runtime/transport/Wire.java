package dev.dovetail.runtime.transport;

import dev.dovetail.runtime.failure.JobFailure;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;

/** The kind of local socket that ranks in separate processes talk over. */
public enum Wire {
    /** Unix domain sockets: half the latency and half again the bandwidth of TCP on one machine. */
    UNIX {
        @Override
        ServerSocketChannel listen(Path folder, int rank) throws IOException {
            ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            server.bind(UnixDomainSocketAddress.of(folder.resolve("rank-" + rank + ".socket")));
            return server;
        }

        @Override
        String describe(ServerSocketChannel server) throws IOException {
            return ((UnixDomainSocketAddress) server.getLocalAddress())
                    .getPath()
                    .toString();
        }

        @Override
        SocketAddress address(String description) {
            return UnixDomainSocketAddress.of(description);
        }
    },
    /** TCP over the loopback interface, where a system has no Unix domain sockets. */
    LOOPBACK {
        @Override
        ServerSocketChannel listen(Path folder, int rank) throws IOException {
            ServerSocketChannel server = ServerSocketChannel.open();
            server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            return server;
        }

        @Override
        String describe(ServerSocketChannel server) throws IOException {
            return Integer.toString(((InetSocketAddress) server.getLocalAddress()).getPort());
        }

        @Override
        SocketAddress address(String description) {
            return new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(description));
        }
    };

    abstract ServerSocketChannel listen(Path folder, int rank) throws IOException;

    /** What another process needs to know to connect, in one line. */
    abstract String describe(ServerSocketChannel server) throws IOException;

    abstract SocketAddress address(String description);

    final ServerSocketChannel open(Path folder, int rank) {
        try {
            return listen(folder, rank);
        } catch (IOException e) {
            throw setup(
                    "rank " + rank + " cannot listen in `" + folder + "`: " + e.getMessage(),
                    "is another run using this folder? give each run its own, or remove leftover `*.socket` files",
                    e);
        }
    }

    final SocketChannel connect(String description) throws IOException {
        SocketChannel channel = SocketChannel.open(address(description));
        if (this == LOOPBACK) {
            channel.setOption(java.net.StandardSocketOptions.TCP_NODELAY, true);
        }
        return channel;
    }

    private static JobFailure setup(String message, String help, IOException cause) {
        return new TransportException(TransportException.Kind.SETUP, message, help, cause);
    }
}
