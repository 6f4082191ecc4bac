package dev.dovetail.ir.cluster;

import dev.dovetail.ir.units.Dollars;

/**
 * What a non-blocking network of switches is made of: a folded Clos of {@code tiers} tiers (Leiserson 1985) over equal ports.
 * A rail-only network is one such network for each rail and nothing between them (Wang et al. 2024, arXiv:2307.12169).
 *
 * @param networks separate networks alike, such as rails
 * @param endpoints devices of each
 * @param radix ports of a switch
 */
public record FoldedClos(long networks, long endpoints, int radix) {
    /** 400 Gb/s; Wang et al. 2024, table 2. */
    private static final double PORT_USD = 694;

    private static final double TRANSCEIVER_USD = 199;

    public FoldedClos {
        if (networks < 1 || endpoints < 1 || radix < 2) {
            throw new IllegalArgumentException(
                    networks + " networks of " + endpoints + " endpoints over switches of " + radix + " ports");
        }
    }

    /** One network over all devices, as tall as a rail-optimised fat tree is built: three tiers at least. */
    public static FoldedClos fatTree(long devices, int radix) {
        return new FoldedClos(1, devices, radix);
    }

    /**
     * A network for each device of a scale-up domain, over the domains.
     *
     * @throws IllegalArgumentException where rails would join nothing, or domains are not whole
     */
    public static FoldedClos rails(long devices, long domain, int radix) {
        if (domain < 2 || devices % domain != 0) {
            throw new IllegalArgumentException(
                    "rails join whole scale-up domains of 2 devices or more, got " + domain + " of " + devices);
        }
        return new FoldedClos(domain, devices / domain, radix);
    }

    /** Tiers that reach every endpoint without blocking: a switch alone, then half the ports up at each tier. */
    public int tiers() {
        int tiers = 1;
        double reach = radix;
        while (reach < endpoints) {
            reach *= radix / 2.0;
            tiers++;
        }
        return tiers;
    }

    public long switches(int tiers) {
        return Math.ceilDiv((2L * tiers - 1) * networks * endpoints, radix);
    }

    /** Two for each link: a device's and those between tiers. */
    public long transceivers(int tiers) {
        return 2L * tiers * networks * endpoints;
    }

    public Dollars price(int tiers) {
        return Dollars.of(switches(tiers) * radix * PORT_USD + transceivers(tiers) * TRANSCEIVER_USD);
    }
}
