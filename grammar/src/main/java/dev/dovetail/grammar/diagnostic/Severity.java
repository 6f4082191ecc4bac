package dev.dovetail.grammar.diagnostic;

/** Whether a spec can be used in spite of it. */
public enum Severity {
    ERROR,
    WARNING
}
