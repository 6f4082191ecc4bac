package dev.dovetail.ir.plan;

import dev.dovetail.ir.units.Seconds;
import java.util.List;

/**
 * Whether samples come as fast as a model trains on them.
 *
 * @param model one step of a model whose samples are there
 * @param worker the global batch made ready by the workers' own processors alone
 * @param planned the global batch made ready as planned
 * @param stations what samples pass, the busiest first
 * @param stall what each step waits for samples
 * @param remedies what would end or shorten the wait; empty where nobody waits
 */
public record InputForecast(
        Seconds model, Seconds worker, Seconds planned, List<Station> stations, Seconds stall, List<String> remedies) {

    /** Preparing elsewhere pays from here on, by FastFlow's rule (Um et al. 2023): how much faster the model alone is. */
    public static final double FASTFLOW_RATIO = 1.3;

    /**
     * Processors, drives or a network.
     *
     * @param busy for the samples of one step
     */
    public record Station(String name, Seconds busy) {}

    public InputForecast {
        stations = List.copyOf(stations);
        remedies = List.copyOf(remedies);
    }

    /** How much faster a model trains whose samples are there than workers prepare them. */
    public double ratio() {
        return worker.ratioTo(model);
    }

    /** Whether FastFlow would call preparing on the workers the bottleneck. */
    public boolean isBottleneck() {
        return ratio() > FASTFLOW_RATIO;
    }
}
