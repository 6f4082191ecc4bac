package dev.dovetail.ir.json;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.dovetail.ir.model.TinyModels;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.ir.plan.Recomputation;
import dev.dovetail.ir.print.Golden;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.Extent;
import dev.dovetail.ir.tensor.TensorType;
import dev.dovetail.ir.verify.TwoStageProgram;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class JsonFormsTest {
    private static final List<Decision<?>> DECISIONS =
            List.of(Decision.TENSOR, Decision.SEQUENCE, Decision.SHARD, Decision.RECOMPUTE, Decision.SCHEDULE);

    @Test
    void aProgramOfTwoStages() {
        Golden.check("two_stages.program.json", JsonForm.print(ProgramJson.write(TwoStageProgram.program())));
    }

    @Test
    void theTinyGptModel() {
        Golden.check("gpt.graph.json", JsonForm.print(GraphJson.write(TinyModels.GPT.training())));
    }

    @ParameterizedTest
    @EnumSource(TinyModels.class)
    void textReadsBackAsTheSameTree(TinyModels tiny) {
        var tree = GraphJson.write(tiny.training());
        String text = JsonForm.print(tree);
        assertEquals(text, JsonForm.print(JsonForm.parse(text)));
        assertEquals(1, JsonForm.parse(text).required("schema").intValue());
    }

    @Test
    void numbersReadBackAsTheSameBits() {
        var random = new SplittableRandom(41);
        for (int i = 0; i < 1000; i++) {
            double real = Double.longBitsToDouble(random.nextLong());
            long whole = random.nextLong();
            if (Double.isFinite(real)) {
                var object = JsonForm.object().put("real", real).put("whole", whole);
                var read = JsonForm.parse(JsonForm.print(object));
                assertEquals(real, read.required("real").doubleValue());
                assertEquals(whole, read.required("whole").longValue());
            }
        }
    }

    @Test
    void typesReadBack() {
        var type = new TensorType(
                ElementType.BF16,
                List.of(new Dim("sequence", new Extent.Bounded("tokens", 8192)), Dim.of("width", 64)));
        assertEquals(type, TypeJson.read(JsonForm.parse(JsonForm.print(TypeJson.write(type)))));
    }

    @Test
    void decisionsReadBackInOrder() {
        var decisions = Decisions.none()
                .with(Decision.SCHEDULE, Decision.Schedule.ONE_F_ONE_B)
                .with(Decision.TENSOR, 8)
                .with(Decision.SEQUENCE, true)
                .with(Decision.RECOMPUTE, Recomputation.SELECTIVE)
                .with(Decision.SHARD, Decision.Shard.OPTIMIZER);
        String text = JsonForm.print(DecisionsJson.write(decisions));
        assertEquals("""
                {
                  "schedule" : "1f1b",
                  "tensor" : 8,
                  "sequence" : "on",
                  "recompute" : "selective",
                  "shard" : "optimizer"
                }
                """, text);
        assertEquals(decisions, DecisionsJson.read(JsonForm.parse(text), DECISIONS));
    }

    @Test
    void aDecisionsValueThatIsNoneOfItsOwnIsRefused() {
        var node = JsonForm.parse("{\"tensor\": 0}");
        assertThrows(IllegalArgumentException.class, () -> DecisionsJson.read(node, DECISIONS));
    }
}
