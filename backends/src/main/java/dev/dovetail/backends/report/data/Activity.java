package dev.dovetail.backends.report.data;

import java.util.Locale;

/** What a rank does at a time; the colours and tracks of a timeline. Idle time is the absence of any. */
public enum Activity {
    INPUT("input"),
    FORWARD("forward"),
    RECOMPUTE("recompute"),
    BACKWARD("backward"),
    WEIGHT_GRADIENTS("weight gradients"),
    SEND("send"),
    /** Of a measured step, with the wait for what is received: a rank cannot tell the two apart. */
    RECEIVE("receive"),
    COLLECTIVE("collective"),
    OPTIMIZER("optimizer");

    private final String label;

    Activity(String label) {
        this.label = label;
    }

    public String label() {
        return label;
    }

    /** The name under which style sheets and scripts know it. */
    public String key() {
        return name().toLowerCase(Locale.ROOT);
    }
}
