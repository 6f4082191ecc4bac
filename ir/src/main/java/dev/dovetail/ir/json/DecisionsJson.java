package dev.dovetail.ir.json;

import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decisions;
import java.util.List;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** A plan's decisions under the names a spec uses: counts as numbers, lists of them as lists, the rest as words. */
public final class DecisionsJson {
    private DecisionsJson() {}

    public static ObjectNode write(Decisions decisions) {
        ObjectNode object = JsonForm.object();
        decisions.asText().forEach((name, value) -> {
            if (value.chars().allMatch(Character::isDigit)) {
                object.put(name, Long.parseLong(value));
            } else if (value.startsWith("[")) {
                ArrayNode list = object.putArray(name);
                Decision.STAGES.parse().apply(value).forEach(list::add);
            } else {
                object.put(name, value);
            }
        });
        return object;
    }

    /**
     * Reads back what {@link #write} wrote, in the order of the text.
     *
     * @param known the decisions there are; others in the text are left alone
     * @throws IllegalArgumentException where a value is none of its decision's
     */
    public static Decisions read(JsonNode node, List<Decision<?>> known) {
        Decisions decisions = Decisions.none();
        for (var property : node.properties()) {
            for (Decision<?> decision : known) {
                if (decision.name().equals(property.getKey())) {
                    decisions = with(decisions, decision, text(property.getValue()));
                }
            }
        }
        return decisions;
    }

    private static String text(JsonNode value) {
        return value.isArray()
                ? value.valueStream().map(JsonNode::asString).collect(Collectors.joining(", ", "[", "]"))
                : value.asString();
    }

    private static <T> Decisions with(Decisions decisions, Decision<T> decision, String text) {
        return decisions.with(decision, decision.parse().apply(text));
    }
}
