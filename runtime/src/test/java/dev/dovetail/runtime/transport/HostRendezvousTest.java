package dev.dovetail.runtime.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.runtime.collective.RankGroup;
import dev.dovetail.runtime.mesh.Axis;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class HostRendezvousTest {
    private static final MessageTag TAG = new MessageTag(Axis.DATA, Exchange.SEND, 0);
    private static final Duration SHORT = Duration.ofMillis(500);
    private static final Duration LONG = Duration.ofSeconds(60);

    private final int port = RankGroup.freePort();
    private final ExecutorService threads = Executors.newCachedThreadPool();

    @AfterEach
    void endThreads() {
        threads.shutdownNow();
    }

    private HostRendezvous at(String host, String run, Duration patience) {
        return new HostRendezvous(new HostAddress(host, port), run, patience);
    }

    private Future<SocketTransport> connect(int rank, int size, Duration patience) {
        return threads.submit(() -> SocketTransport.connect(rank, size, at("127.0.0.1", "run", patience), LONG));
    }

    private static String failureOf(Future<?> connecting) {
        return assertThrows(ExecutionException.class, connecting::get)
                .getCause()
                .getMessage();
    }

    @Test
    void ranksThatComeInAnyOrderFindEachOther() throws Exception {
        List<Future<SocketTransport>> connecting = new ArrayList<>();
        for (int rank = 3; rank >= 0; rank--) {
            connecting.add(connect(rank, 4, LONG));
        }
        for (Future<SocketTransport> rank : connecting) {
            rank.get().close();
        }
    }

    @Test
    void aStrangerWhoCallsDisturbsNobody() throws Exception {
        var zero = connect(0, 2, LONG);
        try (Socket stranger = callWhenUp()) {
            stranger.getOutputStream()
                    .write("GET / HTTP/1.0\r\n\r\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
            var one = connect(1, 2, LONG);
            one.get().close();
            zero.get().close();
        }
    }

    private Socket callWhenUp() throws Exception {
        while (true) {
            try {
                return new Socket("127.0.0.1", port);
            } catch (IOException e) {
                Thread.sleep(10);
            }
        }
    }

    @Test
    void anUnreachableRank0IsNamedWithItsAddress() {
        String message = failureOf(connect(1, 2, SHORT));
        assertTrue(message.contains("cannot reach rank 0 at 127.0.0.1:" + port), message);
        assertTrue(message.contains("Connection refused"), message);
    }

    @Test
    void aHostThatNobodyKnowsIsNamed() {
        var unknown = at("no-such-host.invalid", "run", SHORT);
        TransportException failure =
                assertThrows(TransportException.class, () -> SocketTransport.connect(1, 2, unknown, LONG));
        assertTrue(failure.getMessage().contains("no host is called `no-such-host.invalid`"), failure.getMessage());
    }

    @Test
    void ranksThatDoNotComeAreNamedToThoseWhoDid() {
        var zero = connect(0, 4, Duration.ofSeconds(2));
        var two = connect(2, 4, LONG);
        String missing = "of 4 ranks, these did not come to 127.0.0.1:" + port + " in 2 s: 1, 3";
        assertEquals(missing, failureOf(zero));
        assertEquals(missing, failureOf(two));
    }

    @Test
    void twoProcessesWithOneRankAreBothNamed() {
        var zero = connect(0, 3, LONG);
        var one = connect(1, 3, LONG);
        var another = connect(1, 3, LONG);
        String message = failureOf(zero);
        assertTrue(message.startsWith("two processes say that they are rank 1: process "), message);
        assertEquals(message, failureOf(one));
        assertEquals(message, failureOf(another));
    }

    @Test
    void aSecondRank0OnTheSameHostFindsThePortTaken() throws IOException {
        try (ServerSocket first = new ServerSocket(port)) {
            String message = failureOf(connect(0, 2, SHORT));
            assertTrue(message.contains("rank 0 cannot listen at 127.0.0.1:" + port), message);
        }
    }

    /** 192.0.2.1 is kept for documentation: no host has it. */
    @Test
    void aRank0ThatIsNotWhereItShouldBeSaysSo() {
        TransportException failure = assertThrows(
                TransportException.class, () -> SocketTransport.connect(0, 2, at("192.0.2.1", "run", SHORT), LONG));
        assertTrue(failure.getMessage().contains("ranks are to meet at 192.0.2.1:" + port + ", but rank 0 runs on"));
    }

    @Test
    void worldsThatDifferAreNamed() {
        var zero = connect(0, 3, LONG);
        var one = connect(1, 2, LONG);
        String message = failureOf(zero);
        assertTrue(message.endsWith("was started as one of 2 ranks, rank 0 as one of 3"), message);
        assertEquals(message, failureOf(one));
    }

    @Test
    void anotherRunAtTheSameAddressIsTurnedAway() throws Exception {
        var zero = connect(0, 2, LONG);
        var other = threads.submit(() -> SocketTransport.connect(1, 2, at("127.0.0.1", "yesterday", LONG), LONG));
        assertTrue(failureOf(other).contains("another run (run) meets at"), failureOf(other));
        var one = connect(1, 2, LONG);
        one.get().close();
        zero.get().close();
    }

    @Test
    void aRankThatFailsEndsEveryWaitWithItsReason() throws Exception {
        var zero = connect(0, 3, LONG);
        var one = connect(1, 3, LONG);
        var two = connect(2, 3, LONG);
        two.get().fail("rank 2 failed: out of ideas", "think");
        // Rank 0 waits for rank 1, which is well and has nothing to say.
        TransportException failure =
                assertThrows(TransportException.class, () -> zero.get().receive(1, TAG));
        assertEquals("rank 2 failed: out of ideas", failure.getMessage());
        assertTrue(failure.isEcho());
        one.get().close();
        zero.get().close();
    }

    @Test
    void messagesArriveBetweenHosts() throws Exception {
        var zero = connect(0, 2, LONG);
        var one = connect(1, 2, LONG);
        one.get().send(0, TAG, one.get().take(64));
        zero.get().receive(1, TAG).release();
        one.get().close();
        zero.get().close();
    }
}
