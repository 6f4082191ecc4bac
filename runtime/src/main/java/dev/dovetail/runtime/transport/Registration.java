package dev.dovetail.runtime.transport;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;

/** Another rank's side of a {@link HostRendezvous}: reports to rank 0 and learns where everybody is. */
final class Registration {
    private static final int POLL_MILLIS = 50;
    private static final int MOST_MILLIS_A_TRY = 5_000;

    private final HostRendezvous rendezvous;
    private final Attendance self;

    Registration(HostRendezvous rendezvous, Attendance self) {
        this.rendezvous = rendezvous;
        this.self = self;
    }

    List<Attendance> report() {
        long end = System.nanoTime() + rendezvous.patience().toNanos();
        Roll roll;
        try (Socket line = call(end)) {
            Roll.send(line, self);
            // Rank 0 answers when all are there, and within its own patience.
            line.setSoTimeout(
                    (int) rendezvous.patience().plus(Duration.ofSeconds(10)).toMillis());
            roll = Roll.receive(line, Roll.class);
        } catch (SocketTimeoutException e) {
            throw unreachable("rank 0 took the call and never answered", e);
        } catch (IOException e) {
            throw unreachable("rank 0 ended before it answered: " + reason(e), e);
        }
        if (!roll.error().isEmpty()) {
            throw HostRendezvous.setup(roll.error(), roll.help());
        }
        return roll.ranks();
    }

    /** Rank 0 may come up later than this one, and so may its host's name. */
    private Socket call(long end) {
        while (true) {
            Socket line = new Socket();
            try {
                InetSocketAddress there = rendezvous.address().resolve();
                if (there.isUnresolved()) {
                    throw new UnknownHostException(
                            "no host is called `" + rendezvous.address().host() + "`");
                }
                line.connect(there, MOST_MILLIS_A_TRY);
                return line;
            } catch (IOException e) {
                HostRendezvous.closeQuietly(line);
                if (System.nanoTime() > end) {
                    throw unreachable(reason(e), e);
                }
                pause();
            }
        }
    }

    private void pause() {
        try {
            Thread.sleep(POLL_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw unreachable("interrupted", e);
        }
    }

    private TransportException unreachable(String why, Exception cause) {
        return HostRendezvous.setup(
                self.describe() + " of " + self.size() + " cannot reach rank 0 at " + rendezvous.address()
                        + ", tried for " + rendezvous.patience().toSeconds() + " s: " + why,
                "see whether rank 0 runs there and whether a firewall is between; `DOVETAIL_RENDEZVOUS=HOST:PORT` names"
                        + " another address, `--patience SECONDS` waits longer",
                cause);
    }

    private static String reason(IOException e) {
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }
}
