package dev.dovetail.runtime.rank;

import dev.dovetail.runtime.mesh.Axis;
import dev.dovetail.runtime.mesh.Position;
import java.util.Optional;

/**
 * The fault planted in one rank, usually none.
 *
 * <p>A test hook: the runtime asks here at the few places where each fault would be made, and nowhere else.
 */
public final class PlantedBugs {
    private final Optional<PlantedBug> bug;
    private final long atStep;
    private final Position position;
    private long step;

    /**
     * @param bug which fault
     * @param atStep in which step a fault that happens once happens
     * @param position the rank that asks
     */
    public PlantedBugs(Optional<PlantedBug> bug, long atStep, Position position) {
        this.bug = bug;
        this.atStep = atStep;
        this.position = position;
    }

    public static PlantedBugs none(Position position) {
        return new PlantedBugs(Optional.empty(), 0, position);
    }

    public boolean has(PlantedBug planted) {
        return bug.filter(planted::equals).isPresent();
    }

    /** The loop says which step runs. */
    public void startStep(long step) {
        this.step = step;
    }

    /** Whether this rank's part of a sum along {@code axis} is left out just now. */
    public boolean dropsContribution(Axis axis) {
        return has(PlantedBug.GRADIENT_DROPPED)
                && step == atStep
                && axis.equals(Axis.DATA)
                && position.coordinate(axis) == position.mesh().size(axis) - 1;
    }
}
