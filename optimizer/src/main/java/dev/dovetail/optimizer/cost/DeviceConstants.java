package dev.dovetail.optimizer.cost;

/**
 * What power a device draws, as shares: one set for every accelerator, none fitted to a model or a plan.
 *
 * @param power exponent of dynamic power in the clock
 * @param waiting share of the dynamic power that a device draws while it communicates
 */
public record DeviceConstants(double power, double waiting) {

    /** For data-centre accelerators; an A100's stages drawn at 855 to 1410 MHz (Perseus, arXiv:2312.06902) fit 1.8 to 2.4. */
    public static final DeviceConstants ACCELERATOR = new DeviceConstants(2.1, 0.3);
}
