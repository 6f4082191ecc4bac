package dev.dovetail.optimizer.law;

/**
 * Time of what travels between scale-up domains, over network cards.
 *
 * @param share of a card that exchanges and messages reach
 * @param floorSeconds of an exchange or message, beside the latency of its hops
 * @param protocolSeconds more for an exchange too large for the library's protocol of low latency
 * @param largeBytes of an exchange that has half of that
 */
public record NetworkLaw(double share, double floorSeconds, double protocolSeconds, double largeBytes) {

    /** One rank's message to another, its way not counted. */
    public double message(double bytes, double bandwidth) {
        return floorSeconds + bytes / (bandwidth * share);
    }

    /**
     * An exchange, its ways not counted.
     *
     * @param bytes one rank sends
     * @param bandwidth that each of its ranks has of the cards of its domain
     */
    public double exchange(double bytes, double bandwidth) {
        return message(bytes, bandwidth) + protocolSeconds * bytes / (bytes + largeBytes);
    }
}
