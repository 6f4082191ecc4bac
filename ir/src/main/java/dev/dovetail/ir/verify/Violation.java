package dev.dovetail.ir.verify;

/**
 * A rule a program breaks, and where.
 *
 * @param body the body called; empty where the schedule as a whole is at fault
 * @param instruction its number in the body; -1 where none is at fault alone
 */
public record Violation(Rule rule, int stage, String body, int instruction, String message) {

    @Override
    public String toString() {
        String place = body.isEmpty() ? "" : " " + body + (instruction < 0 ? "" : "#" + instruction);
        return rule + " stage " + stage + place + ": " + message;
    }
}
