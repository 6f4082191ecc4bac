package dev.dovetail.runtime.launch;

import dev.dovetail.runtime.transport.HostAddress;

/**
 * One process's place among those that a launcher started together.
 *
 * @param launcher who started it, as `--launcher` names it
 * @param rank from 0
 * @param world how many were started
 * @param rendezvous where rank 0 listens while ranks find each other
 * @param run tells this start from others that may meet at the same address
 */
public record Seat(String launcher, int rank, int world, HostAddress rendezvous, String run) {
    public Seat {
        if (rank < 0 || rank >= world) {
            throw new LaunchException(
                    launcher + " says that this is rank " + rank + " of " + world,
                    "ranks run from 0 to one less than their number; start all of them with one command");
        }
    }
}
