package dev.dovetail.optimizer.law;

/**
 * Time of a kernel that does little but move bytes: elementwise work, reductions, gathers.
 *
 * @param launchSeconds shortest time of a kernel
 * @param share of the memory bandwidth that a long one reaches
 */
public record StreamLaw(double launchSeconds, double share) {

    public double seconds(double bytes, double bandwidth) {
        return launchSeconds + bytes / (bandwidth * share);
    }
}
