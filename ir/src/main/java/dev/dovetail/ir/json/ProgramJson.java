package dev.dovetail.ir.json;

import dev.dovetail.ir.program.Body;
import dev.dovetail.ir.program.MeshShape;
import dev.dovetail.ir.program.Program;
import dev.dovetail.ir.program.RankClass;
import dev.dovetail.ir.program.Schedule;
import dev.dovetail.ir.program.StateEntry;
import java.util.List;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** A whole program, as {@code --emit=program --json} prints it. */
public final class ProgramJson {
    private ProgramJson() {}

    public static ObjectNode write(Program program) {
        ObjectNode object = JsonForm.form("program");
        object.put("name", program.name());
        ObjectNode mesh = object.putObject("mesh");
        program.mesh().axes().forEach((axis, size) -> mesh.put(axis, (int) size));
        for (String part : List.of(
                MeshShape.CONTEXT,
                MeshShape.SHARD,
                MeshShape.EXPERT,
                MeshShape.EXPERT_TOKENS,
                MeshShape.EXPERT_WEIGHTS)) {
            if (program.mesh().size(part) > 1) {
                mesh.put(part, program.mesh().size(part));
            }
        }
        object.put("element", TypeJson.word(program.element()));
        object.put("microbatches", program.microbatches());
        object.put("microbatch", program.microbatch());
        object.put("sequence", program.sequence());
        ArrayNode stages = object.putArray("stages");
        program.classes().forEach(rank -> stages.add(write(rank)));
        return object;
    }

    private static ObjectNode write(RankClass rank) {
        ObjectNode object = JsonForm.object();
        object.put("name", rank.name());
        object.put("stage", rank.stage());
        object.put("arena_bytes", rank.arenaBytes());
        if (rank.far().bytes() > 0) {
            object.put("far_bytes", rank.far().bytes());
            object.put("far_tier", TypeJson.word(rank.far().tier()));
        }
        ObjectNode memory = object.putObject("memory_bytes");
        rank.memory().forEach((part, bytes) -> memory.put(TypeJson.word(part), (long) bytes));
        ArrayNode persistent = object.putArray("persistent");
        rank.persistent().forEach(region -> persistent.add(InstructionJson.buffer(region)));
        object.set("step", write(rank.step()));
        object.set("evaluate", write(rank.evaluate()));
        ArrayNode bodies = object.putArray("bodies");
        rank.bodies().forEach(body -> bodies.add(write(body)));
        ArrayNode state = object.putArray("state");
        rank.state().forEach(entry -> state.add(write(entry)));
        return object;
    }

    private static ObjectNode write(Body body) {
        ObjectNode object = JsonForm.object();
        object.put("name", body.name());
        object.put("activity", TypeJson.word(body.activity()));
        ArrayNode parameters = object.putArray("parameters");
        body.parameters().forEach(parameters::add);
        ArrayNode instructions = object.putArray("instructions");
        body.instructions().forEach(instruction -> instructions.add(InstructionJson.write(instruction)));
        return object;
    }

    private static ObjectNode write(Schedule schedule) {
        ObjectNode object = JsonForm.object();
        switch (schedule) {
            case Schedule.Sequence s -> {
                ArrayNode parts = object.putArray("sequence");
                s.parts().forEach(part -> parts.add(write(part)));
            }
            case Schedule.Repeat r -> {
                object.put("repeat", r.variable());
                object.put("count", r.count());
                object.set("body", write(r.body()));
            }
            case Schedule.Choose c -> {
                InstructionJson.index(object, "choose", c.selector());
                ArrayNode cases = object.putArray("cases");
                c.cases().forEach(part -> cases.add(write(part)));
            }
            case Schedule.Let l -> {
                object.put("let", l.variable());
                InstructionJson.index(object, "value", l.value());
                object.set("body", write(l.body()));
            }
            case Schedule.Call c -> {
                object.put("call", c.body());
                InstructionJson.indices(object.putObject("arguments"), c.arguments());
            }
        }
        return object;
    }

    private static ObjectNode write(StateEntry entry) {
        ObjectNode object = JsonForm.object();
        object.put("parameter", entry.parameter());
        object.put("kind", TypeJson.word(entry.kind()));
        object.set("type", TypeJson.write(entry.type()));
        if (!entry.cuts().isEmpty()) {
            ArrayNode cuts = object.putArray("cuts");
            entry.cuts().forEach(cut -> {
                ObjectNode node = cuts.addObject();
                node.put("axis", cut.axis());
                node.put("ways", cut.ways());
                node.put("dim", cut.dim());
            });
        }
        object.set("initial", GraphJson.write(entry.initializer()));
        object.put("block_first", entry.blockFirst());
        object.put("chunk", entry.chunk());
        entry.sharded().ifPresent(axis -> object.put("sharded", axis));
        object.put("offset", entry.offset());
        return object;
    }
}
