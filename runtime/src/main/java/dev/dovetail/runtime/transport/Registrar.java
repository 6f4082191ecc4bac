package dev.dovetail.runtime.transport;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Rank 0's side of a {@link HostRendezvous}: takes in who comes, and tells all where everybody is. */
final class Registrar {
    /** Somebody who calls and says nothing is no rank. */
    private static final Duration FOR_A_HELLO = Duration.ofSeconds(5);

    /** Someone who came, and the line on which the answer goes back. */
    private record Caller(Attendance attendance, Socket line) {}

    private final HostRendezvous rendezvous;
    private final Attendance self;
    private final TreeMap<Integer, Caller> callers = new TreeMap<>();

    Registrar(HostRendezvous rendezvous, Attendance self) {
        this.rendezvous = rendezvous;
        this.self = self;
    }

    /** Waits for all; where one does not fit or does not come, all who came are told why. */
    List<Attendance> gather() {
        try (ServerSocket desk = open()) {
            long end = System.nanoTime() + rendezvous.patience().toNanos();
            while (callers.size() < self.size() - 1) {
                long left = Duration.ofNanos(end - System.nanoTime()).toMillis();
                if (left <= 0) {
                    throw refuse(
                            absent(), "look at those ranks' own messages, and at whether all of them were started");
                }
                desk.setSoTimeout((int) left);
                take(desk);
            }
            List<Attendance> all = IntStream.range(0, self.size())
                    .mapToObj(rank -> rank == 0 ? self : callers.get(rank).attendance())
                    .toList();
            answer(Roll.of(all));
            return all;
        } catch (IOException e) {
            throw HostRendezvous.setup(
                    "rank 0 cannot receive the other ranks at " + rendezvous.address() + ": " + e.getMessage(),
                    "give another address with `DOVETAIL_RENDEZVOUS=HOST:PORT`",
                    e);
        } finally {
            callers.values().forEach(caller -> HostRendezvous.closeQuietly(caller.line()));
        }
    }

    private ServerSocket open() throws IOException {
        requireHere();
        ServerSocket desk = new ServerSocket();
        try {
            desk.bind(new InetSocketAddress(rendezvous.address().port()), self.size());
            return desk;
        } catch (IOException e) {
            desk.close();
            throw HostRendezvous.setup(
                    "rank 0 cannot listen at " + rendezvous.address() + ": " + e.getMessage(),
                    "another rank 0 or another program has that port; give a free one with"
                            + " `DOVETAIL_RENDEZVOUS=HOST:PORT`",
                    e);
        }
    }

    /** A second rank 0 elsewhere would otherwise wait in vain for ranks that go to the first. */
    private void requireHere() throws IOException {
        InetSocketAddress there = rendezvous.address().resolve();
        if (!there.isUnresolved()
                && !there.getAddress().isAnyLocalAddress()
                && NetworkInterface.getByInetAddress(there.getAddress()) == null) {
            throw HostRendezvous.setup(
                    "ranks are to meet at " + rendezvous.address() + ", but rank 0 runs on " + self.hostName(),
                    "name the host of rank 0 with `DOVETAIL_RENDEZVOUS=HOST:PORT`, or start rank 0 there");
        }
    }

    private void take(ServerSocket desk) throws IOException {
        Socket line;
        try {
            line = desk.accept();
        } catch (SocketTimeoutException e) {
            return;
        }
        Attendance hello;
        try {
            line.setSoTimeout((int) FOR_A_HELLO.toMillis());
            hello = Roll.receive(line, Attendance.class);
        } catch (IOException stranger) {
            HostRendezvous.closeQuietly(line);
            return;
        }
        admit(new Caller(hello.reachedAt(reach(line)), line));
    }

    /** A call over loopback comes from this host, and others reach that as they reach rank 0. */
    private String reach(Socket line) {
        return line.getInetAddress().isLoopbackAddress()
                ? rendezvous.address().host()
                : line.getInetAddress().getHostAddress();
    }

    private void admit(Caller caller) {
        Attendance hello = caller.attendance();
        if (!hello.run().equals(self.run())) {
            // A rank of another run is told, and this run goes on without it.
            tell(
                    caller,
                    Roll.failed(
                            "another run (" + self.run() + ") meets at " + rendezvous.address() + ", not "
                                    + hello.run(),
                            "give this run a port of its own with `DOVETAIL_RENDEZVOUS=HOST:PORT`"));
            HostRendezvous.closeQuietly(caller.line());
            return;
        }
        Optional<String> misfit = misfit(hello);
        if (misfit.isPresent()) {
            String help = "start all ranks with one command, each once";
            tell(caller, Roll.failed(misfit.get(), help));
            HostRendezvous.closeQuietly(caller.line());
            throw refuse(misfit.get(), help);
        }
        callers.put(hello.rank(), caller);
    }

    private Optional<String> misfit(Attendance hello) {
        if (hello.size() != self.size()) {
            return Optional.of(hello.describe() + " was started as one of " + hello.size() + " ranks, rank 0 as one of "
                    + self.size());
        }
        return Optional.ofNullable(callers.get(hello.rank()))
                .map(Caller::attendance)
                .or(() -> hello.rank() == 0 ? Optional.of(self) : Optional.empty())
                .map(first -> "two processes say that they are rank " + hello.rank() + ": process " + first.process()
                        + " on " + first.hostName() + ", and process " + hello.process() + " on "
                        + hello.hostName());
    }

    private String absent() {
        String missing = IntStream.range(1, self.size())
                .filter(rank -> !callers.containsKey(rank))
                .mapToObj(Integer::toString)
                .collect(Collectors.joining(", "));
        return "of " + self.size() + " ranks, these did not come to " + rendezvous.address() + " in "
                + rendezvous.patience().toSeconds() + " s: " + missing;
    }

    /** Tells all who came, so that they end with the reason instead of waiting for it. */
    private TransportException refuse(String error, String help) {
        answer(Roll.failed(error, help));
        return HostRendezvous.setup(error, help);
    }

    private void answer(Roll roll) {
        callers.values().forEach(caller -> tell(caller, roll));
    }

    private static void tell(Caller caller, Roll roll) {
        try {
            Roll.send(caller.line(), roll);
        } catch (IOException e) {
            // Gone already: whoever needs it will find out when it calls.
        }
    }
}
