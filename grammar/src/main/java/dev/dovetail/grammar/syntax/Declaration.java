package dev.dovetail.grammar.syntax;

/** A top-level statement of a spec. */
public sealed interface Declaration extends Node permits Import, Definition, Job {
    Trivia trivia();
}
