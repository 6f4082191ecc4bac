package dev.dovetail.cli.command;

import dev.dovetail.backends.report.data.PlanNode;
import java.util.LinkedHashMap;
import java.util.Map;

/** A plan's tree as JSON, in seconds and bytes; what is unknown is absent. */
final class TreeJson {
    private TreeJson() {}

    static Map<String, Object> of(PlanNode node) {
        var json = new LinkedHashMap<String, Object>();
        json.put("part", node.label());
        json.put("detail", node.detail());
        node.time().ifPresent(time -> json.put("seconds", time.value()));
        node.memory().ifPresent(memory -> json.put("memory_bytes", memory.count()));
        node.limit().ifPresent(limit -> json.put("limited_by", limit));
        json.put("parts", node.children().stream().map(TreeJson::of).toList());
        return json;
    }
}
