package dev.dovetail.backends.launch.handover;

import dev.dovetail.backends.launch.LaunchFile;
import java.util.List;

/**
 * Says a plan in the terms of another system that trains. One file each, and one line in {@link HandOverCatalog}; a test
 * holds every setting it writes to that system's own list.
 */
public interface HandOver {

    /** As {@code --emit} names it. */
    String name();

    /** Which version of the system the settings are those of. */
    Source source();

    /**
     * The files that make the system follow the plan.
     *
     * @throws NotExpressible when it cannot, naming what it cannot do
     */
    List<LaunchFile> write(PlannedTraining planned);

    /** A public repository on GitHub at one commit. */
    record Source(String repository, String commit) {
        @Override
        public String toString() {
            return repository + " at " + commit.substring(0, Math.min(10, commit.length()));
        }
    }
}
