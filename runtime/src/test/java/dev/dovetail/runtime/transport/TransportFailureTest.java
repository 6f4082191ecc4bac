package dev.dovetail.runtime.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.runtime.mesh.Axis;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TransportFailureTest {
    private static final MessageTag TAG = new MessageTag(Axis.PIPELINE, Exchange.SEND, 3);
    private static final Duration SHORT = Duration.ofMillis(300);

    @TempDir
    private Path folder;

    @Test
    void aRankThatVanishesDoesNotHangTheOthers() {
        try (InProcessNetwork network = new InProcessNetwork(2, SHORT)) {
            TransportException failure = assertThrows(
                    TransportException.class, () -> network.endpoint(0).receive(1, TAG));
            assertEquals(TransportException.Kind.TIMEOUT, failure.kind());
            assertTrue(failure.getMessage().contains("for rank 1 (send 3 along pipeline)"), failure.getMessage());
        }
    }

    @Test
    void aFailureElsewhereEndsEveryWait() throws InterruptedException {
        try (InProcessNetwork network = new InProcessNetwork(2, Duration.ofMinutes(1))) {
            Thread failing = Thread.ofPlatform().start(() -> network.stop("rank 1 failed: out of ideas"));
            TransportException failure = assertThrows(
                    TransportException.class, () -> network.endpoint(0).receive(1, TAG));
            failing.join();
            assertTrue(failure.isEcho());
            assertTrue(failure.getMessage().contains("out of ideas"));
        }
    }

    @Test
    void messagesSentBeforeAnEndStillArriveAndLaterOnesAreMissed() {
        try (InProcessNetwork network = new InProcessNetwork(2, Duration.ofMinutes(1))) {
            Transport one = network.endpoint(1);
            one.send(0, TAG, one.take(8));
            one.close();
            network.endpoint(0).receive(1, TAG).release();
            TransportException failure = assertThrows(
                    TransportException.class, () -> network.endpoint(0).receive(1, TAG));
            assertEquals(TransportException.Kind.PROTOCOL, failure.kind());
        }
    }

    @Test
    void aBrokenConnectionNamesTheLostRank() throws Exception {
        FolderRendezvous rendezvous = new FolderRendezvous(folder, Wire.UNIX, Duration.ofSeconds(20));
        // Rank 1 is played by a bare socket that says hello as rank 1 would and then drops dead.
        Thread dying = Thread.ofPlatform().start(() -> sayHelloAndDie(rendezvous));
        try (SocketTransport zero = SocketTransport.connect(0, 2, rendezvous, Duration.ofSeconds(20))) {
            TransportException failure = assertThrows(TransportException.class, () -> zero.receive(1, TAG));
            assertEquals(TransportException.Kind.PEER_LOST, failure.kind());
            assertTrue(failure.getMessage().contains("rank 0 lost rank 1"), failure.getMessage());
        }
        dying.join();
    }

    private static void sayHelloAndDie(FolderRendezvous rendezvous) {
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(rendezvous.find(0)))) {
            channel.write(ByteBuffer.allocate(24)
                    .putLong(0x444F5645_5441494CL)
                    .putInt(1)
                    .putInt(1)
                    .putInt(2)
                    .putInt(0)
                    .flip());
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void aRankThatNeverComesUpIsNamed() {
        FolderRendezvous rendezvous = new FolderRendezvous(folder, Wire.UNIX, SHORT);
        TransportException failure =
                assertThrows(TransportException.class, () -> SocketTransport.connect(1, 2, rendezvous, SHORT));
        assertEquals(TransportException.Kind.SETUP, failure.kind());
        assertTrue(failure.getMessage().contains("rank 0 did not come up"), failure.getMessage());
    }

    @Test
    void aSocketInUseSaysSo() throws IOException {
        try (ServerSocketChannel other = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            other.bind(UnixDomainSocketAddress.of(folder.resolve("rank-0.socket")));
            FolderRendezvous rendezvous = new FolderRendezvous(folder, Wire.UNIX, SHORT);
            TransportException failure =
                    assertThrows(TransportException.class, () -> SocketTransport.connect(0, 2, rendezvous, SHORT));
            assertEquals(TransportException.Kind.SETUP, failure.kind());
            assertTrue(failure.help().contains("another run"), failure.help());
        }
    }

    @Test
    void aMissingRendezvousFolderSaysSo() throws IOException {
        Files.delete(folder);
        FolderRendezvous rendezvous = new FolderRendezvous(folder, Wire.UNIX, SHORT);
        assertThrows(TransportException.class, () -> SocketTransport.connect(0, 2, rendezvous, SHORT));
    }

    @Test
    void buffersAreUsedAgain() {
        try (BufferPool pool = new BufferPool()) {
            for (int i = 0; i < 1000; i++) {
                pool.take(10_000).release();
            }
            assertTrue(pool.allocatedBytes() < 13_000, pool.allocatedBytes() + " bytes for one message at a time");
        }
    }
}
