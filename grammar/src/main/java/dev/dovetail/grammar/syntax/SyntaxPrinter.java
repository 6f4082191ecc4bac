package dev.dovetail.grammar.syntax;

/** Prints a tree one node a line, indented; equal text means equal syntax, wherever it stood and however laid out. */
public final class SyntaxPrinter {
    private final StringBuilder out = new StringBuilder();

    private SyntaxPrinter() {}

    public static String print(Node node) {
        SyntaxPrinter printer = new SyntaxPrinter();
        printer.append(node, 0);
        return printer.out.toString();
    }

    private void append(Node node, int depth) {
        out.repeat("  ", depth).append(describe(node)).append('\n');
        node.children().forEach(child -> append(child, depth + 1));
    }

    /** One node by itself, such as {@code name width}. */
    public static String describe(Node node) {
        return switch (node) {
            case SpecFile ignored -> "spec";
            case Import ignored -> "import";
            case Definition definition -> definition.kind().word();
            case Job job -> job.verb().word();
            case Label label -> "label " + (label.quoted() ? StringAtom.quote(label.text()) : label.text());
            case Clause clause -> "clause " + clause.kind().word();
            case Block ignored -> "block";
            case Entry ignored -> "entry";
            case Phrase ignored -> "phrase";
            case NumberAtom number -> "number " + number.text();
            case NameAtom name -> "name " + name.text();
            case PathAtom path -> "path " + path.text();
            case StringAtom string -> "string " + StringAtom.quote(string.value());
            case OperatorAtom operator -> "operator " + operator.operator().symbol();
            case ListAtom ignored -> "list";
            case GroupAtom ignored -> "group";
        };
    }
}
