package dev.dovetail.runtime.transport;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.List;

/**
 * An address where ranks on any hosts find each other: rank 0 listens there, all others report to it, and get back where
 * everybody can be reached. Ranks then talk to each other over TCP.
 *
 * @param address known to every rank beforehand
 * @param run tells this start of the job from others that may meet at the same address
 */
public record HostRendezvous(HostAddress address, String run, Duration patience) implements Rendezvous {

    @Override
    public Meeting join(int rank, int size) {
        ServerSocketChannel server = listen(rank);
        try {
            var self = new Attendance(
                    rank,
                    size,
                    run,
                    address.host(),
                    port(server),
                    ProcessHandle.current().pid(),
                    hostName());
            List<Attendance> all =
                    rank == 0 ? new Registrar(this, self).gather() : new Registration(this, self).report();
            return new HostMeeting(server, all);
        } catch (RuntimeException failure) {
            closeQuietly(server);
            throw failure;
        }
    }

    private record HostMeeting(ServerSocketChannel server, List<Attendance> all) implements Meeting {
        @Override
        public SocketChannel call(int peer) throws IOException {
            Attendance there = all.get(peer);
            return TcpOptions.talking(SocketChannel.open(new InetSocketAddress(there.host(), there.port())));
        }

        @Override
        public void prepare(SocketChannel channel) throws IOException {
            TcpOptions.talking(channel);
        }

        @Override
        public String describe(int peer) {
            return all.get(peer).describe();
        }

        @Override
        public void close() throws IOException {
            server.close();
        }
    }

    private static ServerSocketChannel listen(int rank) {
        try {
            return ServerSocketChannel.open().bind(new InetSocketAddress(0));
        } catch (IOException e) {
            throw setup("rank " + rank + " cannot listen on any port: " + e.getMessage(), "free some ports here", e);
        }
    }

    private static int port(ServerSocketChannel server) {
        return server.socket().getLocalPort();
    }

    private static String hostName() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "a host without a name";
        }
    }

    static TransportException setup(String message, String help, Throwable cause) {
        return new TransportException(TransportException.Kind.SETUP, message, help, cause);
    }

    static TransportException setup(String message, String help) {
        return new TransportException(TransportException.Kind.SETUP, message, help);
    }

    static void closeQuietly(AutoCloseable channel) {
        try {
            channel.close();
        } catch (Exception e) {
            // Something went wrong before, and that is what is told.
        }
    }
}
