package dev.dovetail.runtime.time;

/** The time that rank code may see: the wall clock in a real run, a virtual one in a simulation. */
@FunctionalInterface
public interface Clock {
    /** Nanoseconds since an arbitrary origin; never goes back. */
    long nanoTime();

    /** The machine's monotonic clock. */
    static Clock wall() {
        return System::nanoTime;
    }
}
