package dev.dovetail.ir.calibration;

import dev.dovetail.ir.tensor.ElementType;
import java.util.List;
import java.util.Optional;

/**
 * What {@code dovetail calibrate} measured of a machine. Every figure was taken with all cores busy, since that is how ranks
 * run.
 *
 * @param processor as the operating system names it
 * @param cores threads that run at once
 * @param memoryBytes physical memory
 * @param measuredOn date, ISO 8601
 * @param fmaFlops for each element type, multiply-adds a second of one core, counted as two operations
 * @param copyBytesPerSecond of one core while all copy, read and written bytes together
 * @param drive what ranks keep beside their memory, in files
 * @param message how messages between ranks travel
 * @param parallelLaunchSeconds to start and join the threads of one rank for one kernel
 * @param laws time of each family of kernels
 * @param conditions what else went on meanwhile
 */
public record MachineProfile(
        String processor,
        int cores,
        long memoryBytes,
        String measuredOn,
        List<Ceiling> fmaFlops,
        double copyBytesPerSecond,
        Drive drive,
        MessageCost message,
        double parallelLaunchSeconds,
        List<KernelLaw> laws,
        Conditions conditions) {

    /** The rate of one element type. */
    public record Ceiling(ElementType element, double flopsPerSecond) {}

    /**
     * A drive with one program at work on it.
     *
     * @param place its file system and folder
     * @param measuredBytes size of the file that was written and read
     * @param direct whether past the page cache; else what is read may never have left memory
     */
    public record Drive(
            String place, long measuredBytes, boolean direct, double readBytesPerSecond, double writeBytesPerSecond) {}

    /**
     * A message from one rank to another on this machine.
     *
     * @param latencySeconds of an empty message, from send to receipt
     * @param sendSecondsPerByte that the sender is busy
     * @param receiveSecondsPerByte that the receiver is busy
     */
    public record MessageCost(double latencySeconds, double sendSecondsPerByte, double receiveSecondsPerByte) {}

    /**
     * Time of a family of kernels on one core: the sum of its workload's amounts, each times its cost.
     *
     * @param law as {@link Workload#law}
     * @param terms what the costs multiply
     * @param secondsPer cost of one unit of each term; never negative
     * @param error mean relative error on the samples it was fitted to
     * @param parallelLoss what such a kernel takes on all threads of a rank for each share of what it takes on one, beside
     *     starting them: at least 1, because the last thread is waited for, and caches pass on what another wrote
     */
    public record KernelLaw(
            String law,
            ElementType element,
            List<String> terms,
            List<Double> secondsPer,
            double error,
            double parallelLoss) {

        public double seconds(Workload workload) {
            double total = 0;
            for (int i = 0; i < secondsPer.size(); i++) {
                total += secondsPer.get(i) * workload.amounts().get(i);
            }
            return total;
        }

        /**
         * On several threads of one rank.
         *
         * @param launchSeconds to start and join them
         */
        public double seconds(Workload workload, int threads, double launchSeconds) {
            double alone = seconds(workload);
            return threads == 1 ? alone : Math.min(alone, alone / threads * parallelLoss + launchSeconds);
        }
    }

    /**
     * What else went on while a machine was measured.
     *
     * @param othersShare share of the time in which kernels were timed that their cores spent on other programs, 0 to 1
     * @param peakDrift how far the multiply-add peaks before and after lie apart, as a share of the higher
     */
    public record Conditions(double othersShare, double peakDrift) {
        /** Times are those of the thread alone, yet whoever else has the core empties its caches. */
        private static final double BUSY = 0.1;

        private static final double UNSTEADY = 0.1;

        public static final Conditions QUIET = new Conditions(0, 0);

        public boolean busy() {
            return othersShare > BUSY;
        }

        public boolean unsteady() {
            return peakDrift > UNSTEADY;
        }

        public boolean quiet() {
            return !busy() && !unsteady();
        }
    }

    public MachineProfile {
        fmaFlops = List.copyOf(fmaFlops);
        laws = List.copyOf(laws);
    }

    public Optional<KernelLaw> law(String name, ElementType element) {
        return laws.stream()
                .filter(law -> law.law().equals(name) && law.element() == element)
                .findFirst();
    }
}
