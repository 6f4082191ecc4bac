package dev.dovetail.runtime.collective;

import dev.dovetail.runtime.memory.HostMemory;
import dev.dovetail.runtime.mesh.Axis;
import dev.dovetail.runtime.mesh.Mesh;
import dev.dovetail.runtime.time.Clock;
import dev.dovetail.runtime.transport.FolderRendezvous;
import dev.dovetail.runtime.transport.HostAddress;
import dev.dovetail.runtime.transport.HostRendezvous;
import dev.dovetail.runtime.transport.InProcessNetwork;
import dev.dovetail.runtime.transport.Rendezvous;
import dev.dovetail.runtime.transport.SocketTransport;
import dev.dovetail.runtime.transport.Traffic;
import dev.dovetail.runtime.transport.Transport;
import dev.dovetail.runtime.transport.Wire;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;

/** Runs the same code on several ranks at once, each with its own memory. */
public final class RankGroup {
    /** How the ranks are wired. */
    public enum Wiring {
        THREADS,
        UNIX_SOCKETS,
        LOOPBACK_SOCKETS,
        HOSTS
    }

    /** What one rank of the group sees. */
    public record Member(int rank, MemorySegment memory, Communicator communicator, Traffic traffic) {}

    /** What each rank does; its result is collected. */
    @FunctionalInterface
    public interface Body<T> {
        T run(Member member) throws Exception;
    }

    public static final Duration PATIENCE = Duration.ofSeconds(20);

    private RankGroup() {}

    /** One line of {@code ranks} along {@code axis}, each with {@code bytes} of memory. */
    public static <T> List<T> run(Wiring wiring, int ranks, long bytes, Body<T> body) {
        Mesh mesh = Mesh.of(1, ranks, 1);
        InProcessNetwork network = new InProcessNetwork(ranks, PATIENCE);
        Path folder = folder();
        Rendezvous hosts = new HostRendezvous(new HostAddress("127.0.0.1", freePort()), "test", PATIENCE);
        ExecutorService threads = Executors.newFixedThreadPool(ranks);
        try {
            List<Future<T>> results = new ArrayList<>();
            for (int i = 0; i < ranks; i++) {
                int rank = i;
                results.add(threads.submit(() -> {
                    Transport transport = switch (wiring) {
                        case THREADS -> network.endpoint(rank);
                        case UNIX_SOCKETS -> connect(rank, ranks, folder, Wire.UNIX);
                        case LOOPBACK_SOCKETS -> connect(rank, ranks, folder, Wire.LOOPBACK);
                        case HOSTS -> SocketTransport.connect(rank, ranks, hosts, PATIENCE);
                    };
                    try (HostMemory memory = HostMemory.of("rank " + rank, bytes)) {
                        Traffic traffic = new Traffic();
                        Communicator communicator = new Communicator(
                                Axis.DATA, mesh.position(rank), memory, transport, traffic, Clock.wall(), () -> false);
                        return body.run(new Member(rank, memory.segment(), communicator, traffic));
                    } finally {
                        transport.close();
                    }
                }));
            }
            List<T> all = new ArrayList<>();
            for (Future<T> result : results) {
                all.add(result.get());
            }
            return all;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        } finally {
            threads.shutdownNow();
            delete(folder);
        }
    }

    private static void delete(Path folder) {
        try (Stream<Path> inside = Files.walk(folder)) {
            for (Path path : inside.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static SocketTransport connect(int rank, int ranks, Path folder, Wire wire) {
        return SocketTransport.connect(rank, ranks, new FolderRendezvous(folder, wire, PATIENCE), PATIENCE);
    }

    /** A port that was free a moment ago. */
    public static int freePort() {
        try (ServerSocket probe = new ServerSocket(0)) {
            return probe.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path folder() {
        try {
            return Files.createTempDirectory("ranks-");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
