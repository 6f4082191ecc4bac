package dev.dovetail.backends.java;

import com.palantir.javapoet.CodeBlock;
import com.palantir.javapoet.MethodSpec;
import dev.dovetail.ir.program.Body.Activity;
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
    private final Map<String, BodyMethod.Printed> own;
    private final List<LayerClass.Printed> layers;
    private final FreshNames names = new FreshNames();
    private final Map<Pass, String> methods = new LinkedHashMap<>();
    private final List<MethodSpec> specs = new ArrayList<>();
    private boolean evaluating;

    /**
     * @param own methods of the class itself, by the body's name
     * @param layers classes of the layers that the rank runs
     */
    PassMethods(
            RankClass rank, StageNames stage, Map<String, BodyMethod.Printed> own, List<LayerClass.Printed> layers) {
        this.rank = rank;
        this.stage = stage;
        this.own = own;
        this.layers = layers;
        own.values().forEach(body -> names.take(body.method().name()));
        List.of("step", "evaluate", "state", "initialize", "arenaBytes").forEach(names::take);
    }

    BodyMethod.Printed body(String name) {
        BodyMethod.Printed found = own.get(name);
        return found != null ? found : layerOf(name).bodies().get(name);
    }

    private LayerClass.Printed layerOf(String body) {
        return layers.stream()
                .filter(layer -> layer.bodies().containsKey(body))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no method runs " + body));
    }

    /** What to call for a body: {@code block.forward} or {@code sendActivation0}. */
    String target(String body) {
        String method = body(body).method().name();
        return own.containsKey(body) ? method : layerOf(body).field() + "." + method;
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
        var shape = new ScheduleShape(rank);
        String direction = shape.has(Activity.WEIGHT_GRADIENTS, pass.schedule())
                ? "weightGradients"
                : shape.has(Activity.BACKWARD, pass.schedule()) ? "backward" : "forward";
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
                .addParameter(stage.inputs(), "inputs")
                .addParameter(long.class, BodyMethod.MICROBATCH)
                .addCode(code)
                .build();
    }

    List<MethodSpec> specs() {
        return specs;
    }
}
