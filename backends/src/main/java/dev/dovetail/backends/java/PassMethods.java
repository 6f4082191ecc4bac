package dev.dovetail.backends.java;

import com.palantir.javapoet.CodeBlock;
import com.palantir.javapoet.MethodSpec;
import dev.dovetail.ir.program.RankClass;
import dev.dovetail.ir.program.Schedule;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.lang.model.element.Modifier;

/** The methods that run one micro-batch through one chunk of a rank's layers; equal passes share one. */
final class PassMethods {
    private record Pass(Schedule schedule, int chunk) {}

    private final RankClass rank;
    private final StageNames stage;
    private final Map<String, BodyMethod.Printed> bodies;
    private final FreshNames names = new FreshNames();
    private final Map<Pass, String> methods = new LinkedHashMap<>();
    private final List<MethodSpec> specs = new ArrayList<>();
    private boolean evaluating;

    /** @param bodies what the passes call, by the body's name */
    PassMethods(RankClass rank, StageNames stage, Map<String, BodyMethod.Printed> bodies) {
        this.rank = rank;
        this.stage = stage;
        this.bodies = bodies;
        bodies.values().forEach(body -> names.take(body.method().name()));
        List.of("step", "evaluate", "state", "initialize", "arenaBytes").forEach(names::take);
    }

    BodyMethod.Printed body(String name) {
        return bodies.get(name);
    }

    /** Passes asked for from here on are those of the evaluation: they note nothing for the timeline. */
    void startEvaluation() {
        evaluating = true;
    }

    boolean isEvaluation() {
        return evaluating;
    }

    String method(Schedule schedule, int chunk) {
        var pass = new Pass(schedule, chunk);
        if (!methods.containsKey(pass)) {
            String name = names.take(name(pass));
            methods.put(pass, name);
            specs.add(spec(pass, name));
        }
        return methods.get(pass);
    }

    private String name(Pass pass) {
        String direction = new ScheduleShape(rank).isBackward(pass.schedule()) ? "backward" : "forward";
        String plain = evaluating ? "evaluateForward" : direction;
        return chunks() == 1 ? plain : plain + "Chunk" + pass.chunk();
    }

    private int chunks() {
        return Math.max(chunks(rank.step()), chunks(rank.evaluate()));
    }

    private static int chunks(Schedule schedule) {
        return switch (schedule) {
            case Schedule.Sequence s ->
                s.parts().stream().mapToInt(PassMethods::chunks).max().orElse(1);
            case Schedule.Repeat r -> chunks(r.body());
            case Schedule.Choose c -> c.cases().size();
            case Schedule.Let l -> chunks(l.body());
            case Schedule.Call c -> 1;
        };
    }

    private MethodSpec spec(Pass pass, String name) {
        CodeBlock code =
                ScheduleText.of(pass.schedule(), rank, stage, this, List.of(BodyMethod.MICROBATCH), pass.chunk());
        return MethodSpec.methodBuilder(name)
                .addModifiers(Modifier.PRIVATE)
                .addParameter(RuntimeTypes.RANK_CONTEXT, "context")
                .addParameter(RuntimeTypes.STEP_INPUTS, "inputs")
                .addParameter(long.class, BodyMethod.MICROBATCH)
                .addCode(code)
                .build();
    }

    List<MethodSpec> specs() {
        return specs;
    }
}
