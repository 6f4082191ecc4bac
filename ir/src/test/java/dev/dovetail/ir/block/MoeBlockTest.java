package dev.dovetail.ir.block;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.dovetail.ir.block.ModelDefinition.NormPlace;
import dev.dovetail.ir.block.ModelDefinition.Positions;
import dev.dovetail.ir.block.ModelDefinition.Stack;
import dev.dovetail.ir.block.ModelDefinition.SubLayer;
import dev.dovetail.ir.model.ExpandModel;
import dev.dovetail.ir.op.Dispatch;
import dev.dovetail.ir.op.Normalize.NormKind;
import dev.dovetail.ir.spec.Origin;
import dev.dovetail.ir.spec.Settings;
import dev.dovetail.ir.tensor.ElementType;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MoeBlockTest {

    /** Tutel's places, k · ⌊factor · ⌈tokens / experts⌉⌋, worked out by hand: at least one, and never more than tokens. */
    @ParameterizedTest
    @CsvSource({
        "8, 2, 128, 1.25, 40",
        "8, 2, 128, 1.2, 38",
        "3, 1, 16, 1.0, 6",
        "4, 2, 16, 0.1, 1",
        "2, 2, 16, 4.0, 16",
        "256, 8, 4096, 1.0, 128",
        "8, 2, 128, , 128"
    })
    void anExpertHasThePlacesThatTutelGivesIt(int experts, int top, int tokens, Double factor, long places) {
        Settings said = Settings.empty("moe")
                .with("experts", experts)
                .with("top", top)
                .with("inner", 4)
                .with("activation", "gelu");
        Settings moe = factor == null ? said : said.with("capacity", factor);
        var model = new ModelDefinition(
                "mixture",
                8,
                4,
                tokens,
                Positions.ROPE,
                0,
                NormKind.RMS,
                1e-5,
                false,
                false,
                false,
                false,
                true,
                List.of(new Stack(1, List.of(new SubLayer(new MoeBlock(), moe, NormPlace.PRE, true, false)))),
                Origin.NONE);
        var layer = ExpandModel.expand(model, ExpansionForm.Training.of(tokens, 1), ElementType.F32)
                .kinds()
                .get(1);
        var dispatch = layer.forward().nodes().stream()
                .map(node -> node.op())
                .filter(Dispatch.class::isInstance)
                .map(Dispatch.class::cast)
                .findFirst()
                .orElseThrow();
        assertEquals(places, dispatch.capacity().bound());
    }
}
