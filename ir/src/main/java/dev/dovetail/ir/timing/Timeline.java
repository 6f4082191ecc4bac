package dev.dovetail.ir.timing;

import dev.dovetail.ir.program.Body;
import dev.dovetail.ir.units.Seconds;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * One step of a program on the virtual clock.
 *
 * @param step from the first stage's start to the last stage's end
 * @param stages one for each pipeline stage; its data and tensor replicas do the same at the same time
 */
public record Timeline(Seconds step, List<Stage> stages) {

    public Timeline {
        stages = List.copyOf(stages);
    }

    /**
     * What one stage did.
     *
     * @param events calls of bodies in order; waiting for a message is part of the call that receives it
     * @param spent the step's time by part; the parts add up to {@link Timeline#step}
     */
    public record Stage(int stage, List<Event> events, Map<TimePart, Seconds> spent) {
        public Seconds spent(TimePart part) {
            return spent.getOrDefault(part, Seconds.ZERO);
        }

        private Stage after(Seconds wait) {
            var longer = new EnumMap<TimePart, Seconds>(spent);
            longer.merge(TimePart.INPUT, wait, Seconds::plus);
            return new Stage(
                    stage, events.stream().map(event -> event.after(wait)).toList(), longer);
        }

        /** All but the bubble and waiting for samples. */
        public Seconds busy() {
            return spent.entrySet().stream()
                    .filter(entry -> entry.getKey() != TimePart.BUBBLE && entry.getKey() != TimePart.INPUT)
                    .map(Map.Entry::getValue)
                    .reduce(Seconds.ZERO, Seconds::plus);
        }
    }

    /**
     * One call of a body.
     *
     * @param chunk which of the stage's virtual stages; 0 where it has one
     * @param layer turn of the innermost loop over layers; -1 outside one
     * @param microbatch -1 for what happens once a step
     * @param waited time until everything received had arrived
     * @param moving what of it the received took to travel; the rest is the bubble's
     */
    public record Event(
            String body,
            Body.Activity activity,
            int chunk,
            int layer,
            int microbatch,
            Seconds begin,
            Seconds end,
            Seconds waited,
            Seconds moving) {
        private Event after(Seconds wait) {
            return new Event(
                    body, activity, chunk, layer, microbatch, begin.plus(wait), end.plus(wait), waited, moving);
        }
    }

    /** The same step, its stages waiting for samples until it takes {@code step}. */
    public Timeline waitingForInput(Seconds longer) {
        Seconds wait = longer.minus(step);
        return wait.value() == 0
                ? this
                : new Timeline(
                        longer, stages.stream().map(stage -> stage.after(wait)).toList());
    }

    /** Mean over the stages of one part of the time. */
    public Seconds mean(TimePart part) {
        return stages.stream()
                .map(stage -> stage.spent(part))
                .reduce(Seconds.ZERO, Seconds::plus)
                .times(1.0 / stages.size());
    }

    /** Share of the step that stages idle: (p − 1) / (v·m + p − 1) for p equal stages of v chunks and m micro-batches. */
    public double bubbleFraction() {
        return mean(TimePart.BUBBLE).ratioTo(step);
    }

    /** Idle time over busy time: (p − 1) / (v·m) for equal stages, as the papers count. */
    public double bubbleToIdeal() {
        Seconds bubble = mean(TimePart.BUBBLE);
        return bubble.ratioTo(step.minus(bubble));
    }
}
