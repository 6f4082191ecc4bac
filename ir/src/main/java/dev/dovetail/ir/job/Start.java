package dev.dovetail.ir.job;

/**
 * A run whose last weights a job starts from.
 *
 * @param folder of the run
 * @param upcycled whether its model is dense, and each expert of this one starts as a copy of its feed-forward network (sparse
 *     upcycling, Komatsuzaki et al. 2022, arXiv:2212.05055)
 */
public record Start(String folder, boolean upcycled) {}
