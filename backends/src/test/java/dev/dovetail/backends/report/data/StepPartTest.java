package dev.dovetail.backends.report.data;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.dovetail.ir.units.Seconds;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class StepPartTest {
    @Test
    void aMeasuredTransferStandsBesideTransferAndBubble() {
        var parts = StepPart.of(
                parts("compute", 5, "pipeline_comm", 1, "bubble", 3),
                Optional.of(parts("compute", 6, "pipeline_comm", 5)));

        assertEquals(List.of(part("compute", 5, 6), part(StepPart.WAITING, 4, 5)), parts);
    }

    @Test
    void aRunThatKnowsItsBubbleIsComparedPartByPart() {
        var parts = StepPart.of(
                parts("pipeline_comm", 1, "bubble", 3), Optional.of(parts("pipeline_comm", 2, "bubble", 4)));

        assertEquals(List.of(part("pipeline_comm", 1, 2), part("bubble", 3, 4)), parts);
    }

    @Test
    void whatTakesNoTimeIsLeftOut() {
        var parts = StepPart.of(parts("compute", 5, "tensor_comm", 0), Optional.empty());

        assertEquals(List.of(new StepPart("compute", Optional.of(Seconds.of(5)), Optional.empty())), parts);
    }

    private static StepPart part(String key, double predicted, double measured) {
        return new StepPart(key, Optional.of(Seconds.of(predicted)), Optional.of(Seconds.of(measured)));
    }

    private static Map<String, Seconds> parts(Object... pairs) {
        var parts = new LinkedHashMap<String, Seconds>();
        for (int i = 0; i < pairs.length; i += 2) {
            parts.put((String) pairs[i], Seconds.of((Integer) pairs[i + 1]));
        }
        return parts;
    }
}
