package dev.dovetail.runtime.train;

/** What rank 0 has all ranks do after a step. */
enum Verdict {
    CONTINUE(false, false),
    SAVE(true, false),
    /** Someone asked the run to end. */
    SAVE_AND_STOP(true, true),
    /** The last step is done. */
    FINISH(true, true);

    private final boolean saves;
    private final boolean stops;

    Verdict(boolean saves, boolean stops) {
        this.saves = saves;
        this.stops = stops;
    }

    boolean saves() {
        return saves;
    }

    boolean stops() {
        return stops;
    }

    byte[] encoded() {
        return new byte[] {(byte) ordinal()};
    }

    static Verdict decode(byte[] bytes) {
        return values()[bytes[0]];
    }
}
