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

    /** What broadcasts around a ring of all ranks take longer than one exchange of as many bytes. */
    public double broadcasts(int count, int ranks, int domains) {
        return count * NcclChoice.aroundRing(ranks, domains);
    }

    /**
     * An all-reduce, its ways not counted: down and up a tree of domains where the library expects that to be sooner, else around a
     * ring of all ranks. A tree carries 2 (d - 1) / d of the bytes over each domain's cards, d domains; a ring of r ranks
     * 2 (r - 1) / r.
     *
     * @param bytes one rank sends around a ring
     */
    public double reduction(double bytes, int ranks, int domains, double bandwidth) {
        double whole = bytes * ranks / (2.0 * (ranks - 1));
        double climbing = 2 * whole * (domains - 1) / domains;
        return exchange(NcclChoice.takesTree(whole, ranks, domains, bandwidth) ? climbing : bytes, bandwidth);
    }
}
