package dev.dovetail.runtime.data;

import java.util.Map;

/** How a model does on what was held out, and its yardsticks on the same. */
public interface HeldOut {
    /** For programs: additions to a run's summary, by name. */
    Map<String, Object> json();

    /** For people, in a line. */
    String line();
}
