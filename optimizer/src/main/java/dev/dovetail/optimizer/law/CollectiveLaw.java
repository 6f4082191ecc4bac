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
     * Links' worth of bandwidth that rings of 2 to 8 members find in the cube mesh of a DGX-1, whose eight devices have six links
     * each and no switch: nccl-tests of VIA-Research/vTrain on V100s, next to 25 GB/s.
     */
    private static final double[] CUBE_MESH = {0.9, 1.8, 3.4, 1.5, 1.83, 3.5, 5.4};

    private static final int LINKS = 6;

    /** Share of a device's six links that an exchange among {@code ranks} of a cube mesh of eight uses. */
    public static double cubeMesh(int ranks) {
        return CUBE_MESH[ranks - 2] / LINKS;
    }

    /** The same law where only a share of each device's links joins it to the others of an exchange. */
    public CollectiveLaw over(double share) {
        return new CollectiveLaw(floorSeconds, perRankSeconds, protocolSeconds, largeBytes, share, 0, 0);
    }

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
