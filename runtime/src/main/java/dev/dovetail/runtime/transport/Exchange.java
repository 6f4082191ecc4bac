package dev.dovetail.runtime.transport;

/** Why bytes travel: the rows of the traffic account. */
public enum Exchange {
    SEND,
    ALL_REDUCE,
    REDUCE_SCATTER,
    ALL_GATHER,
    BROADCAST,
    ALL_TO_ALL,
    /** From slower memory into a rank's arena. */
    FETCH,
    /** Out of the arena into slower memory. */
    PUT_AWAY,
    /** Step reports, verdicts and barriers of the runtime itself; no part of the plan. */
    CONTROL
}
