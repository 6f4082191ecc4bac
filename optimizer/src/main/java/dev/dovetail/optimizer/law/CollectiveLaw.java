package dev.dovetail.optimizer.law;

/**
 * Time of an exchange among the devices of one scale-up domain: a floor that grows with the ranks, more for messages that take
 * the library's bandwidth-saving protocol, and the bytes each rank sends at a share of its link. The share grows with the
 * ranks: 1 / share = 1 / best + few / ranks.
 *
 * @param floorSeconds of a tiny message between two ranks
 * @param perRankSeconds that each further rank adds
 * @param protocolSeconds more for large messages
 * @param largeBytes of a message that has half of that
 * @param best share of the link that many ranks reach
 * @param fewReducing what few ranks lose in an all-reduce
 * @param fewMoving what few ranks lose in other exchanges
 */
public record CollectiveLaw(
        double floorSeconds,
        double perRankSeconds,
        double protocolSeconds,
        double largeBytes,
        double best,
        double fewReducing,
        double fewMoving) {
    /**
     * @param bytes one rank sends
     * @param bandwidth of one rank's link, each way
     */
    public double seconds(double bytes, int ranks, boolean reducing, double bandwidth) {
        double share = 1 / (1 / best + (reducing ? fewReducing : fewMoving) / ranks);
        return floor(ranks) + protocolSeconds * bytes / (bytes + largeBytes) + bytes / (bandwidth * share);
    }

    double floor(int ranks) {
        return floorSeconds + perRankSeconds * (ranks - 2);
    }
}
