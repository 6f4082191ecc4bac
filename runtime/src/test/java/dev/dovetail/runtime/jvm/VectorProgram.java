package dev.dovetail.runtime.jvm;

import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CountDownLatch;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/** A program as a job is: started without flags, it needs vectors. */
final class VectorProgram {
    private VectorProgram() {}

    public static void main(String[] arguments) throws Exception {
        OptionalInt status = JvmRestart.ifNeeded(VectorProgram.class, List.of(arguments));
        if (status.isPresent()) {
            System.exit(status.getAsInt());
        }
        VectorModule.resolve();
        System.out.println("lanes sum to " + Lanes.sum());
        if (arguments[0].equals("forever")) {
            new CountDownLatch(1).await();
        }
        System.exit(7);
    }

    /** Apart, so that no vector class is looked up before the module is there. */
    private static final class Lanes {
        static float sum() {
            float[] values = {1, 2, 3, 4, 5, 6, 7, 8};
            return FloatVector.fromArray(FloatVector.SPECIES_256, values, 0).reduceLanes(VectorOperators.ADD);
        }
    }
}
