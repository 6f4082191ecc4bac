package dev.dovetail.runtime.transport;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Comparator;
import java.util.stream.Stream;

/**
 * A folder of one machine where ranks in separate processes find each other: each leaves its address there.
 *
 * @param folder made for one run, readable by its user alone; a short path, as socket paths have about 100 bytes
 * @param wire what they talk over
 * @param patience how long a rank waits for the others to come up
 */
public record FolderRendezvous(Path folder, Wire wire, Duration patience) implements Rendezvous {
    private static final int POLL_MILLIS = 5;

    @Override
    public Meeting join(int rank, int size) {
        ServerSocketChannel server = wire.open(folder, rank);
        try {
            announce(rank, wire.describe(server));
        } catch (IOException e) {
            throw unwritable(rank, e);
        }
        return new FolderMeeting(this, server);
    }

    private record FolderMeeting(FolderRendezvous rendezvous, ServerSocketChannel server) implements Meeting {
        @Override
        public SocketChannel call(int peer) throws IOException {
            return rendezvous.wire.connect(rendezvous.find(peer));
        }

        @Override
        public String describe(int peer) {
            return "rank " + peer;
        }

        @Override
        public void close() throws IOException {
            server.close();
        }
    }

    /** Says where {@code rank} can be reached; written beside and renamed, so that nobody reads half of it. */
    private void announce(int rank, String address) {
        try {
            Path written = Files.writeString(folder.resolve("rank-" + rank + ".new"), address);
            Files.move(written, file(rank), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw unwritable(rank, e);
        }
    }

    private TransportException unwritable(int rank, IOException e) {
        return new TransportException(
                TransportException.Kind.SETUP,
                "rank " + rank + " cannot write to the rendezvous folder `" + folder + "`: " + e.getMessage(),
                "check that the folder exists and is writable",
                e);
    }

    /** Waits until {@code rank} has announced itself. */
    String find(int rank) {
        long end = System.nanoTime() + patience.toNanos();
        while (true) {
            try {
                if (Files.exists(file(rank))) {
                    return Files.readString(file(rank));
                }
                Thread.sleep(POLL_MILLIS);
            } catch (IOException e) {
                throw absent(rank, e.getMessage());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw absent(rank, "interrupted");
            }
            if (System.nanoTime() > end) {
                throw absent(rank, "nothing after " + patience.toSeconds() + " s");
            }
        }
    }

    private TransportException absent(int rank, String why) {
        return new TransportException(
                TransportException.Kind.SETUP,
                "rank " + rank + " did not come up in `" + folder + "`: " + why,
                "look at that rank's own message; too many ranks for this machine start slowly");
    }

    private Path file(int rank) {
        return folder.resolve("rank-" + rank + ".address");
    }

    /** Deletes the folder and what is left in it; whoever ends last does it, and it does not matter if it is gone. */
    public static void remove(Path folder) {
        try (Stream<Path> inside = Files.walk(folder)) {
            for (Path path : inside.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        } catch (IOException | UncheckedIOException e) {
            // The system empties its temporary folder by itself.
        }
    }
}
