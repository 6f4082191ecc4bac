package dev.dovetail.runtime.launch;

import dev.dovetail.runtime.transport.HostAddress;
import java.util.Map;
import java.util.Optional;

/**
 * A process's environment variables, as one launcher reads them.
 *
 * @param launcher its name, for messages
 */
public record Environment(String launcher, Map<String, String> variables) {
    /** {@code host:port} where rank 0 listens; goes before what a launcher would choose. */
    static final String RENDEZVOUS = "DOVETAIL_RENDEZVOUS";

    private static final int FIRST_PORT = 20_000;
    /** Up to 29999: below the ports that Linux and Kubernetes hand out by themselves. */
    private static final int PORTS = 10_000;

    public Environment {
        variables = Map.copyOf(variables);
    }

    Optional<String> find(String name) {
        return Optional.ofNullable(variables.get(name)).filter(value -> !value.isBlank());
    }

    /** @param help how ranks are started so that the variable is there */
    String text(String name, String help) {
        return find(name)
                .orElseThrow(() -> new LaunchException(
                        "this process does not know its place: `" + name + "` is not set, which " + launcher
                                + " gives every rank",
                        help));
    }

    int number(String name, String help) {
        String text = text(name, help);
        try {
            return Integer.parseInt(text.strip());
        } catch (NumberFormatException e) {
            throw new LaunchException("`" + name + "` is `" + text + "`, not a whole number", help);
        }
    }

    /** What {@link #RENDEZVOUS} says, if it is set. */
    Optional<HostAddress> chosenRendezvous() {
        return find(RENDEZVOUS).map(text -> {
            try {
                return HostAddress.parse(text);
            } catch (IllegalArgumentException e) {
                throw new LaunchException(
                        "`" + RENDEZVOUS + "` is `" + text + "`: " + e.getMessage(),
                        "write the host that rank 0 runs on and a free port there: node1:29400");
            }
        });
    }

    /** The address that every rank works out by itself: on {@code host}, a port that follows from the run. */
    static HostAddress agreed(String host, String run) {
        return new HostAddress(host, FIRST_PORT + Math.floorMod(run.hashCode(), PORTS));
    }
}
