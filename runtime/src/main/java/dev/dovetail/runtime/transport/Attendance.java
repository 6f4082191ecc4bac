package dev.dovetail.runtime.transport;

/**
 * How a rank introduces itself at a {@link HostRendezvous}.
 *
 * @param host where the others reach it
 * @param port where it listens
 * @param hostName of the machine by its own account, for messages
 */
record Attendance(int rank, int size, String run, String host, int port, long process, String hostName) {

    Attendance reachedAt(String otherHost) {
        return new Attendance(rank, size, run, otherHost, port, process, hostName);
    }

    String describe() {
        return "rank " + rank + " (process " + process + " on " + hostName + ")";
    }
}
