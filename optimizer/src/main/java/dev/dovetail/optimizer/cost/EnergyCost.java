package dev.dovetail.optimizer.cost;

import dev.dovetail.ir.cluster.Cluster;
import dev.dovetail.ir.cluster.Device;
import dev.dovetail.ir.units.Dollars;
import dev.dovetail.ir.units.DollarsPerHour;
import dev.dovetail.ir.units.DollarsPerKilowattHour;
import dev.dovetail.ir.units.GramsOfCarbon;
import dev.dovetail.ir.units.Joules;
import dev.dovetail.ir.units.Seconds;
import dev.dovetail.ir.units.Watts;

/**
 * Energy, money and carbon of a step: estimates from board power, never measurements. A device draws its idle power all the
 * time, and while it computes (limit − idle) · (clock / highest clock)^power more; while it communicates a share of that.
 */
public record EnergyCost(Cluster cluster, DeviceConstants constants, int clockMhz) {

    /** Dynamic power while computing. */
    public Watts dynamic() {
        Device device = cluster.node().device();
        double ratio = clockMhz == 0 || device.clocks().isEmpty()
                ? 1
                : (double) clockMhz / device.clocks().get().highestMhz();
        Watts above = device.power().limit().minus(device.power().idle()).times(Math.pow(ratio, constants.power()));
        return above.min(device.power().cap().minus(device.power().idle()));
    }

    /**
     * @param devices used
     * @param computing summed over the devices
     * @param communicating summed over the devices
     */
    public Joules of(int devices, Seconds step, Seconds computing, Seconds communicating) {
        Joules idle = cluster.node().device().power().idle().during(step.times(devices));
        Joules busy = dynamic().during(computing.plus(communicating.times(constants.waiting())));
        return idle.plus(busy).times(cluster.grid().powerUsageEffectiveness());
    }

    /** Devices rented for the step, and their energy where the grid names a price. */
    public Dollars money(int devices, Seconds step, Joules energy) {
        Device device = cluster.node().device();
        Dollars rent = device.price().orElse(DollarsPerHour.ZERO).during(step.times(devices));
        return rent.plus(
                cluster.grid().price().orElse(DollarsPerKilowattHour.ZERO).of(energy));
    }

    public GramsOfCarbon carbon(Joules energy) {
        return cluster.grid().carbon().map(grams -> grams.of(energy)).orElse(GramsOfCarbon.ZERO);
    }
}
