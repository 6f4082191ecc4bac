package dev.dovetail.ir.verify;

/** What must be true of every program. */
public enum Rule {
    /** Every byte read was written since it was allocated. */
    WRITTEN_BEFORE_READ,
    /** Every byte touched is persistent or allocated. */
    ALLOCATED_WHEN_USED,
    /** Nothing lies outside the arena. */
    INSIDE_ARENA,
    /** No two live allocations share a byte. */
    NO_OVERLAP,
    /** Allocations start on a cache line. */
    ALIGNED,
    /** What is freed was allocated, and what is allocated is freed by the end. */
    FREED,
    /** An operator may overwrite an operand only in place and element by element. */
    IN_PLACE,
    /** Nearly all of the arena is alive at the peak. */
    PEAK,
    /** Each message sent is received: same channel, tag, size and order. */
    MESSAGES_MATCH,
    /** Stages never wait for one another in a circle. */
    NO_DEADLOCK,
    /** All ranks of a group call the same exchanges in the same order with the same sizes. */
    EXCHANGES_AGREE,
    /** What is begun is awaited once; until then nobody writes or frees what travels, nor touches what arrives. */
    IN_FLIGHT
}
