package dev.dovetail.backends.launch.handover;

/** Another system cannot do what a plan or its job says; the message names what, and why. */
public final class NotExpressible extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String said;

    /**
     * @param target the system's name
     * @param said in the spec's words
     * @param why what the system does or lacks
     */
    public NotExpressible(String target, String said, String why) {
        super(target + " cannot express `" + said + "`: " + why);
        this.said = said;
    }

    /** What cannot be expressed, in the spec's words. */
    public String said() {
        return said;
    }
}
