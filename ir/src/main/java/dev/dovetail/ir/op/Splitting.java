package dev.dovetail.ir.op;

/**
 * What splitting one dim of an operator over the ranks of an axis does. Results that carry the dim come out split; this says
 * what the results that lack it hold.
 */
public enum Splitting {
    /** The operator needs the dim whole. */
    WHOLE,
    /** Results without the dim are partial sums, to be added over the axis. */
    SUM,
    /** Results without the dim are partial maxima. */
    MAX
}
