package dev.dovetail.backends.java;

import com.palantir.javapoet.CodeBlock;
import dev.dovetail.ir.program.Body.Activity;
import dev.dovetail.ir.program.IndexExpr;
import dev.dovetail.ir.program.Instruction;
import dev.dovetail.ir.program.RankClass;
import dev.dovetail.ir.program.Schedule;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Writes a schedule as the loops it is. A pass over one chunk of layers becomes a method of its own, so that the loops read
 * like the paper that describes them; what a rank does is noted for its timeline, once a pass.
 */
final class ScheduleText {
    private final RankClass rank;
    private final StageNames stage;
    private final PassMethods passes;
    private final FreshNames names;
    private final Map<String, String> variables;
    private final int chunk;
    private final CodeBlock.Builder code = CodeBlock.builder();

    private ScheduleText(
            RankClass rank,
            StageNames stage,
            PassMethods passes,
            FreshNames names,
            Map<String, String> variables,
            int chunk) {
        this.rank = rank;
        this.stage = stage;
        this.passes = passes;
        this.names = names;
        this.variables = variables;
        this.chunk = chunk;
    }

    /** @param chunk which of the rank's virtual stages the schedule belongs to */
    static CodeBlock of(
            Schedule schedule, RankClass rank, StageNames stage, PassMethods passes, List<String> given, int chunk) {
        var names = new FreshNames();
        List.of("context", "inputs").forEach(names::take);
        var variables = new LinkedHashMap<String, String>();
        given.forEach(variable -> variables.put(variable, names.take(JavaNames.camel(variable))));
        var text = new ScheduleText(rank, stage, passes, names, variables, chunk);
        text.printTimed(new ScheduleShape(rank).simplified(schedule));
        return text.code.build();
    }

    /** Inside braces of its own. */
    private ScheduleText nested() {
        return new ScheduleText(rank, stage, passes, names.copy(), new LinkedHashMap<>(variables), chunk);
    }

    /** Groups what belongs to one activity between two looks at the clock. */
    private void printTimed(Schedule schedule) {
        List<Schedule> parts = schedule instanceof Schedule.Sequence s ? s.parts() : List.of(schedule);
        for (int i = 0; i < parts.size(); ) {
            Optional<Activity> activity = shape().activity(parts.get(i));
            int end = i + 1;
            while (activity.isPresent()
                    && activity.get() != Activity.TRANSFER
                    && end < parts.size()
                    && shape().activity(parts.get(end)).equals(activity)) {
                end++;
            }
            List<Schedule> group = parts.subList(i, end);
            if (activity.isPresent() && group.stream().noneMatch(this::becomesPass)) {
                timed(activity.get(), group);
            } else {
                group.forEach(this::print);
            }
            i = end;
        }
    }

    private boolean becomesPass(Schedule schedule) {
        return switch (schedule) {
            case Schedule.Let let -> true;
            case Schedule.Repeat repeat -> becomesPass(repeat.body());
            case Schedule.Sequence sequence -> sequence.parts().stream().anyMatch(this::becomesPass);
            case Schedule.Choose choose -> choose.cases().stream().anyMatch(this::becomesPass);
            case Schedule.Call call -> false;
        };
    }

    private ScheduleShape shape() {
        return new ScheduleShape(rank);
    }

    private void timed(Activity activity, List<Schedule> group) {
        if (passes.isEvaluation()) {
            group.forEach(this::print);
            return;
        }
        String word = runtimeWord(activity, group);
        String began = names.take(word.toLowerCase(java.util.Locale.ROOT) + "Began");
        code.addStatement("long $L = context.events().begin()", began);
        group.forEach(this::print);
        String microbatch =
                variables.containsKey(BodyMethod.MICROBATCH) ? "(int) " + variables.get(BodyMethod.MICROBATCH) : "0";
        code.addStatement(
                "context.events().end($T.$L, $L, $L, $L)", RuntimeTypes.ACTIVITY, word, chunk, microbatch, began);
    }

    private String runtimeWord(Activity activity, List<Schedule> group) {
        return switch (activity) {
            case FORWARD -> "FORWARD";
            case BACKWARD -> "BACKWARD";
            case WEIGHT_GRADIENTS -> "WEIGHT_GRADIENTS";
            case TRANSFER ->
                group.stream().flatMap(shape()::instructions).anyMatch(Instruction.Send.class::isInstance)
                        ? "SEND"
                        : "RECEIVE";
            case REDUCE -> "COLLECTIVE";
            case UPDATE -> "OPTIMIZER";
        };
    }

    private void print(Schedule schedule) {
        switch (schedule) {
            case Schedule.Sequence sequence -> sequence.parts().forEach(this::print);
            case Schedule.Repeat repeat -> repeat(repeat);
            case Schedule.Choose choose -> choose(choose, IndexExpr.variable(BodyMethod.MICROBATCH));
            case Schedule.Let let -> let(let);
            case Schedule.Call call -> call(call);
        }
    }

    private void repeat(Schedule.Repeat repeat) {
        ScheduleText inner = nested();
        String name = inner.declare(repeat.variable(), repeat.variable());
        inner.code.beginControlFlow("for (long $L = 0; $L < $L; $L++)", name, name, repeat.count(), name);
        inner.print(repeat.body());
        code.add(inner.code.endControlFlow().build());
    }

    private String declare(String variable, String wanted) {
        String name = names.take(JavaNames.camel(wanted));
        variables.put(variable, name);
        return name;
    }

    /** A micro-batch is bound where a pass begins: the pass is called with it. */
    private void let(Schedule.Let let) {
        switch (let.body()) {
            case Schedule.Choose choose -> choose(choose, let.value());
            case Schedule.Sequence s -> pass(s, 0, let.value());
            case Schedule.Call c -> pass(c, 0, let.value());
            case Schedule.Repeat r -> pass(r, 0, let.value());
            case Schedule.Let l -> throw new IllegalArgumentException("a pass binds one variable, not two: " + l);
        }
    }

    private void choose(Schedule.Choose choose, IndexExpr microbatch) {
        if (choose.selector() instanceof IndexExpr.Const only) {
            pass(choose.cases().get((int) only.value()), (int) only.value(), microbatch);
            return;
        }
        code.beginControlFlow("switch ((int) ($L))", text("", "").print(choose.selector()));
        for (int i = 0; i < choose.cases().size(); i++) {
            ScheduleText inner = nested();
            inner.pass(choose.cases().get(i), i, microbatch);
            code.add("case $L -> ", i).add(inner.code.build());
        }
        code.addStatement("default -> throw new $T()", IllegalStateException.class);
        code.endControlFlow();
    }

    private void pass(Schedule pass, int chunkOfPass, IndexExpr microbatch) {
        String method = passes.method(pass, chunkOfPass);
        code.addStatement("$L(context,$Winputs,$W$L)", method, text("", "").print(microbatch));
    }

    private void call(Schedule.Call call) {
        BodyMethod.Printed body = passes.body(call.body());
        var line = CodeBlock.builder().add("$L(context", passes.target(call.body()));
        if (body.takesInputs()) {
            line.add(",$Winputs");
        }
        for (String parameter : body.parameters()) {
            IndexExpr argument = call.arguments().get(parameter);
            line.add(",$W$L", text(call.body(), parameter).print(argument));
        }
        code.addStatement(line.add(")").build());
    }

    /** Addresses get names: {@code BLOCK_WEIGHTS + layer * BLOCK_WEIGHTS_PER_LAYER}. */
    private IndexText text(String body, String parameter) {
        String prefix = body.replaceFirst("_[a-z]+$", "") + "_" + parameter;
        return new IndexText(new IndexText.Names() {
            @Override
            public String variable(String name) {
                return variables.get(name);
            }

            @Override
            public String table(List<Long> table) {
                return stage.table(table);
            }

            @Override
            public String coordinate(String axis) {
                return stage.coordinate(axis);
            }

            @Override
            public String address(long bytes) {
                return parameter.isEmpty()
                        ? IndexText.constant(bytes)
                        : stage.constant(JavaNames.constant(prefix), bytes);
            }

            @Override
            public String stride(IndexExpr counted, long bytes) {
                String per = counted instanceof IndexExpr.Variable v ? v.name() : perTurn(counted);
                return parameter.isEmpty()
                        ? IndexText.constant(bytes)
                        : stage.constant(JavaNames.constant(prefix + "_per_" + per), bytes);
            }
        });
    }

    private static String perTurn(IndexExpr counted) {
        String written = counted.toString();
        return written.contains(BodyMethod.MICROBATCH) ? "slot" : written.contains("%") ? "turn" : "layer";
    }
}
