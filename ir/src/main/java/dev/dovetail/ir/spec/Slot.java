package dev.dovetail.ir.spec;

import dev.dovetail.ir.units.Dimension;
import java.util.List;

/** One place in the form of an entry, such as the size, the word {@code at} and the speed of {@code memory 80 GB at 2 TB/s}. */
public sealed interface Slot {

    /** A word that must stand there. */
    record Word(String text) implements Slot {}

    /** A whole number or an expression that gives one. */
    record Count(String name) implements Slot {}

    /** A number without unit. */
    record Real(String name) implements Slot {}

    /** A number with a unit of this dimension. */
    record Measure(String name, Dimension dimension) implements Slot {}

    /** One of some words; any name where {@code choices} is empty. */
    record Choice(String name, List<String> choices) implements Slot {
        public Choice {
            choices = List.copyOf(choices);
        }
    }

    /** A string in quotes: a file, a catalogue entry or text. */
    record Text(String name) implements Slot {}

    /** A list of names or paths. */
    record Names(String name) implements Slot {}

    /** A list of numbers. */
    record Numbers(String name) implements Slot {}
}
