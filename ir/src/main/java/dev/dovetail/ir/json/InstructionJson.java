package dev.dovetail.ir.json;

import dev.dovetail.ir.job.Precision;
import dev.dovetail.ir.print.ExpressionPrinter;
import dev.dovetail.ir.program.Buffer;
import dev.dovetail.ir.program.IndexExpr;
import dev.dovetail.ir.program.Instruction;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.node.ObjectNode;

/** Instructions: {@code {"do": "send", …}}. Offsets are numbers where they are known, formulas over the body's variables else. */
final class InstructionJson {
    private InstructionJson() {}

    static ObjectNode write(Instruction instruction) {
        return switch (instruction) {
            case Instruction.Compute c -> compute(c);
            case Instruction.Exchange e -> exchange("exchange", e);
            case Instruction.Begin b -> exchange("begin_exchange", b.exchange()).put("ticket", b.ticket());
            case Instruction.Await a -> named("await_exchange").put("ticket", a.ticket());
            case Instruction.FlatExchange e -> flat(e);
            case Instruction.TiedReduce t -> {
                ObjectNode object = stretch("tied_reduce", t.elements(), TypeJson.word(t.element()));
                index(object, "offset", t.offset());
                var stages = object.putArray("stages");
                t.stages().forEach(stage -> stages.add((int) stage));
                yield object;
            }
            case Instruction.Send s -> message("send", s.buffer(), s.axis(), s.distance(), s.channel(), s.tag());
            case Instruction.Receive r -> message("receive", r.buffer(), r.axis(), r.distance(), r.channel(), r.tag());
            case Instruction.Load l -> {
                ObjectNode object = onBuffer("load", l.buffer()).put("source", TypeJson.word(l.source()));
                if (l.ahead() > 0) {
                    object.put("ahead", l.ahead());
                }
                index(object, "microbatch", l.microbatch());
                yield object;
            }
            case Instruction.RecordLoss r -> {
                ObjectNode object = onBuffer("record_loss", r.losses());
                index(object, "microbatch", r.microbatch());
                yield object;
            }
            case Instruction.Deliver d -> onBuffer("deliver", d.logits());
            case Instruction.Allocate a ->
                onBuffer("allocate", a.buffer()).put("bytes", a.buffer().reserved());
            case Instruction.Free f ->
                onBuffer("free", f.buffer()).put("bytes", f.buffer().reserved());
            case Instruction.Zero z -> {
                ObjectNode object = stretch("zero", z.elements(), TypeJson.word(z.element()));
                object.put("part", TypeJson.word(z.part()));
                index(object, "offset", z.offset());
                yield object;
            }
            case Instruction.Update u -> update(u);
            case Instruction.Move m -> {
                ObjectNode object = onBuffer("move", m.from());
                object.set("to", buffer(m.to()));
                yield object;
            }
        };
    }

    private static ObjectNode compute(Instruction.Compute c) {
        ObjectNode object = named("compute");
        object.set("operator", OpJson.write(c.op()));
        buffers(object, "operands", c.operands());
        buffers(object, "results", c.results());
        if (!c.symbols().isEmpty()) {
            indices(object.putObject("symbols"), c.symbols());
        }
        return object;
    }

    private static ObjectNode exchange(String what, Instruction.Exchange e) {
        ObjectNode object = named(what);
        object.set("operator", OpJson.write(e.op()));
        object.set("operand", buffer(e.operand()));
        object.set("result", buffer(e.result()));
        return object;
    }

    private static ObjectNode flat(Instruction.FlatExchange e) {
        ObjectNode object = stretch("flat_exchange", e.elements(), TypeJson.word(e.element()));
        object.put("kind", TypeJson.word(e.kind()));
        object.put("axis", e.axis());
        object.put("ways", e.ways());
        object.put("part", TypeJson.word(e.part()));
        index(object, "whole", e.whole());
        index(object, "shard", e.shard());
        return object;
    }

    private static ObjectNode message(
            String what, Buffer buffer, String axis, int distance, Instruction.Channel channel, IndexExpr tag) {
        ObjectNode object = onBuffer(what, buffer);
        object.put("axis", axis);
        object.put("distance", distance);
        object.put("channel", TypeJson.word(channel));
        index(object, "tag", tag);
        return object;
    }

    private static ObjectNode update(Instruction.Update u) {
        ObjectNode object = named("update");
        object.put("elements", u.elements());
        object.set("precision", precision(u.precision()));
        index(object, "weights", u.parameters());
        index(object, "gradients", u.gradients());
        index(object, "first_moment", u.firstMoment());
        index(object, "second_moment", u.secondMoment());
        u.master().ifPresent(master -> index(object, "master", master));
        return object;
    }

    private static ObjectNode precision(Precision precision) {
        ObjectNode object = JsonForm.object();
        object.put("compute", TypeJson.word(precision.compute()));
        object.put("gradient", TypeJson.word(precision.gradient()));
        object.put("state", TypeJson.word(precision.state()));
        object.put("master", TypeJson.word(precision.master()));
        return object;
    }

    private static ObjectNode named(String what) {
        return JsonForm.object().put("do", what);
    }

    private static ObjectNode stretch(String what, long elements, String element) {
        return named(what).put("elements", elements).put("element", element);
    }

    private static ObjectNode onBuffer(String what, Buffer buffer) {
        ObjectNode object = named(what);
        object.set("buffer", buffer(buffer));
        return object;
    }

    private static void buffers(ObjectNode object, String key, List<Buffer> buffers) {
        var array = object.putArray(key);
        buffers.forEach(buffer -> array.add(buffer(buffer)));
    }

    static ObjectNode buffer(Buffer buffer) {
        ObjectNode object = JsonForm.object();
        object.put("name", buffer.name());
        object.set("type", TypeJson.write(buffer.type()));
        object.put("part", TypeJson.word(buffer.part()));
        index(object, "offset", buffer.offset());
        return object;
    }

    static void indices(ObjectNode object, Map<String, IndexExpr> values) {
        values.forEach((name, value) -> index(object, name, value));
    }

    static void index(ObjectNode object, String key, IndexExpr value) {
        if (value instanceof IndexExpr.Const c) {
            object.put(key, c.value());
        } else {
            object.put(key, ExpressionPrinter.print(value));
        }
    }
}
