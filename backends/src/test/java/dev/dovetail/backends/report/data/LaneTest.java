package dev.dovetail.backends.report.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.dovetail.ir.units.Seconds;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LaneTest {
    @Test
    void timeInsideASendIsNotTimeInThePassAroundIt() {
        var lane = lane(slice(Activity.BACKWARD, 0, 10), slice(Activity.SEND, 2, 5));

        assertEquals(Map.of(Activity.BACKWARD, Seconds.of(7), Activity.SEND, Seconds.of(3)), lane.busy());
        assertEquals(Seconds.of(10), lane.idle(Seconds.of(20)));
    }

    @Test
    void nestedTwiceAndOneAfterTheOther() {
        var lane = lane(
                slice(Activity.BACKWARD, 0, 10),
                slice(Activity.COLLECTIVE, 1, 8),
                slice(Activity.SEND, 2, 3),
                slice(Activity.RECEIVE, 4, 5));

        assertEquals(
                Map.of(
                        Activity.BACKWARD, Seconds.of(3),
                        Activity.COLLECTIVE, Seconds.of(5),
                        Activity.SEND, Seconds.of(1),
                        Activity.RECEIVE, Seconds.of(1)),
                lane.busy());
    }

    @Test
    void whatOverlapsWithoutNestingCountsForTheLater() {
        var lane = lane(slice(Activity.FORWARD, 0, 5), slice(Activity.SEND, 3, 8));

        assertEquals(Map.of(Activity.FORWARD, Seconds.of(3), Activity.SEND, Seconds.of(5)), lane.busy());
    }

    @Test
    void anIdleTimelineHasNoShare() {
        assertEquals(0, new Timeline(Provenance.ESTIMATE, List.of()).waitingShare());
    }

    @Test
    void halfOfTwoRanksIdle() {
        var timeline = new Timeline(
                Provenance.ESTIMATE, List.of(lane(slice(Activity.FORWARD, 0, 4)), lane(slice(Activity.FORWARD, 2, 2))));

        assertEquals(0.5, timeline.waitingShare(), 1e-12);
    }

    @Test
    void aMeasuredReceiveIsWaiting() {
        var lane = lane(slice(Activity.RECEIVE, 0, 3), slice(Activity.FORWARD, 3, 4));

        assertEquals(0.75, new Timeline(Provenance.MEASURED, List.of(lane)).waitingShare(), 1e-12);
        assertEquals(0, new Timeline(Provenance.ESTIMATE, List.of(lane)).waitingShare(), 1e-12);
    }

    @Test
    void refusesToEndBeforeItBegins() {
        assertThrows(IllegalArgumentException.class, () -> slice(Activity.FORWARD, 2, 1));
    }

    private static Lane lane(Slice... slices) {
        return new Lane("rank", 0, 0, Arrays.asList(slices));
    }

    private static Slice slice(Activity activity, double begin, double end) {
        return new Slice(activity, Seconds.of(begin), Seconds.of(end), 0, 0, "");
    }
}
