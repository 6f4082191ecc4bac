package dev.dovetail.runtime.transport;

import java.net.InetSocketAddress;

/** A host by name or number, and a port on it. */
public record HostAddress(String host, int port) {
    private static final int MOST_PORT = 65_535;

    public HostAddress {
        if (host.isBlank() || port < 1 || port > MOST_PORT) {
            throw new IllegalArgumentException(
                    "expected a host and a port from 1 to " + MOST_PORT + ", found `" + host + "` and " + port);
        }
    }

    /**
     * Reads {@code host:port}; an IPv6 number stands in brackets.
     *
     * @throws IllegalArgumentException when it is none
     */
    public static HostAddress parse(String text) {
        int colon = text.lastIndexOf(':');
        if (colon < 0) {
            throw new IllegalArgumentException("expected `host:port`");
        }
        String host = text.substring(0, colon).strip().replaceAll("^\\[|]$", "");
        try {
            return new HostAddress(
                    host, Integer.parseInt(text.substring(colon + 1).strip()));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("the port is not a number", e);
        }
    }

    /** Looks the host up, each time anew: a name may appear only once its host is up. */
    InetSocketAddress resolve() {
        return new InetSocketAddress(host, port);
    }

    @Override
    public String toString() {
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
    }
}
