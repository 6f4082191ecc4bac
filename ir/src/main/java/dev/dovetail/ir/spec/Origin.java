package dev.dovetail.ir.spec;

/** Where something was said: a stretch of one line of a spec. Lines and columns count from 1. */
public record Origin(String file, int line, int column, int length) {

    /** For what no text says: a default, or a value built by a program. */
    public static final Origin NONE = new Origin("", 0, 0, 0);

    @Override
    public String toString() {
        return this.equals(NONE) ? "(default)" : file + ":" + line + ":" + column;
    }
}
