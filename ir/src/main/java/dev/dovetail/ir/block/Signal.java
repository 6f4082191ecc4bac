package dev.dovetail.ir.block;

/** What a model reads that is no text. */
public sealed interface Signal {
    /** Rows of the stream that it becomes. */
    int rows();

    /** Elements of one row as it is loaded: [sequence, batch, elements]. */
    int elements();

    /**
     * Square pictures, cut into square patches (Dosovitskiy et al. 2020, arXiv:2010.11929). Rows that are no patch stand before
     * those that are, and are loaded as zeros.
     *
     * @param side rows, and columns, of a picture
     * @param patch rows, and columns, of a patch
     * @param leading learned rows with places of their own before the patches: 1 for a class token
     * @param registers learned rows between those and the patches that are told no place (Darcet et al. 2023,
     *     arXiv:2309.16588)
     * @param masked whether a learned row stands for patches that are hidden while it trains (DINOv2); none is hidden here
     * @param bias whether patches are projected with a bias
     */
    record Picture(int side, int channels, int patch, int leading, int registers, boolean masked, boolean bias)
            implements Signal {
        public int patches() {
            return (side / patch) * (side / patch);
        }

        /** Rows that are told their place. */
        public int places() {
            return leading + patches();
        }

        @Override
        public int rows() {
            return leading + registers + patches();
        }

        @Override
        public int elements() {
            return patch * patch * channels;
        }
    }

    /**
     * Sound as spectra: two convolutions of three frames each, of which the second halves their number (Radford et al. 2022,
     * arXiv:2212.04356).
     *
     * @param frames spectra of one recording, an even number
     * @param bands numbers of a spectrum
     */
    record Sound(int frames, int bands) implements Signal {
        @Override
        public int rows() {
            return frames / 2;
        }

        @Override
        public int elements() {
            return bands;
        }
    }
}
