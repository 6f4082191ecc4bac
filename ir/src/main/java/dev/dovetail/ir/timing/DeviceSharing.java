package dev.dovetail.ir.timing;

/** Whether ranks compute at full speed whatever the others do. */
public sealed interface DeviceSharing {

    /** Each rank has a device of its own. */
    record OwnDevice() implements DeviceSharing {
        @Override
        public double rate(int runnable) {
            return 1;
        }
    }

    /**
     * All ranks run on the cores of one machine, which its scheduler hands out evenly: ranks that wait for a message leave
     * their share to the others.
     *
     * @param cores cores of the machine
     * @param threads threads each rank computes with
     */
    record SharedCores(int cores, int threads) implements DeviceSharing {
        public SharedCores {
            if (cores < 1 || threads < 1) {
                throw new IllegalArgumentException(threads + " threads a rank on " + cores + " cores");
            }
        }

        @Override
        public double rate(int runnable) {
            return Math.min(1, (double) cores / ((double) runnable * threads));
        }
    }

    /** Speed of each of {@code runnable} ranks, relative to running alone. */
    double rate(int runnable);
}
