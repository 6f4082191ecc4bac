package dev.dovetail.cli.spec;

import dev.dovetail.grammar.syntax.Node;
import dev.dovetail.grammar.syntax.SpecFile;
import dev.dovetail.grammar.syntax.SyntaxPrinter;
import java.util.LinkedHashMap;
import java.util.Map;

/** A syntax tree as JSON: each node's description as the printed form has it, and where it stands. */
public final class SyntaxJson {
    private SyntaxJson() {}

    public static Map<String, Object> of(SpecFile file) {
        var json = new LinkedHashMap<String, Object>();
        json.put("schema", 1);
        json.put("form", "ast");
        json.put("file", file.span().file());
        json.put("tree", node(file));
        return json;
    }

    private static Map<String, Object> node(Node node) {
        var json = new LinkedHashMap<String, Object>();
        json.put("node", SyntaxPrinter.describe(node));
        json.put("line", node.span().line());
        json.put("column", node.span().column());
        if (!node.children().isEmpty()) {
            json.put("children", node.children().stream().map(SyntaxJson::node).toList());
        }
        return json;
    }
}
