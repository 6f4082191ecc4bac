package dev.dovetail.ir.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.ir.block.ExpansionForm;
import dev.dovetail.ir.block.ModelDefinition;
import dev.dovetail.ir.block.ModelDefinition.Stack;
import dev.dovetail.ir.block.ModelDefinition.SubLayer;
import dev.dovetail.ir.block.MoeBlock;
import dev.dovetail.ir.reference.DoubleTensor;
import dev.dovetail.ir.spec.Settings;
import dev.dovetail.ir.tensor.ElementType;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A mixture whose experts are all one mlp gives what the mlp gives, whatever its router says. */
class UpcycledTest {
    private final ModelInterpreter dense = new ModelInterpreter(TinyModels.LLAMA.training(), 5);

    @ParameterizedTest
    @CsvSource({"2, 1", "2, 2", "4, 1", "4, 2", "8, 1", "8, 2"})
    void givesTheDenseModelsLosses(int experts, int top) {
        assertArrayEquals(losses(dense), losses(upcycled(mixture(experts, top))), 1e-12);
    }

    /** Gates that are not divided by their sum make the layer smaller: what is told of them is not for nothing. */
    @Test
    void rawGatesDoNot() {
        double[] raw = losses(upcycled(mixture(4, 2).with("gates", "raw")));
        assertTrue(Math.abs(losses(dense)[0] - raw[0]) > 1e-4);
    }

    /** Places for half of the tokens of a sequence: the others go by, and only theirs and what reads them differ. */
    @Test
    void fullQueuesLetTokensGoBy() {
        double[] small = losses(upcycled(mixture(2, 1).with("capacity", 1)));
        double[] whole = losses(dense);
        assertTrue(!Arrays.equals(whole, small));
        assertEquals(whole[0], small[0], 1e-12, "the first token of a queue has a place");
    }

    private static Settings mixture(int experts, int top) {
        return Settings.empty("moe")
                .with("experts", experts)
                .with("top", top)
                .with("inner", 12)
                .with("activation", "swiglu");
    }

    private ModelInterpreter upcycled(Settings mixture) {
        ModelDefinition model = TinyModels.LLAMA.definition();
        Stack stack = model.stacks().getFirst();
        SubLayer mlp = stack.subLayers().get(1);
        var moe = new SubLayer(new MoeBlock(), mixture, mlp.norm(), mlp.residual(), mlp.parallel());
        var layers = new Stack(stack.count(), List.of(stack.subLayers().getFirst(), moe));
        var form = ExpansionForm.Training.of(TinyModels.SEQUENCE, TinyModels.BATCH);
        var sparse = new ModelInterpreter(
                ExpandModel.expand(
                        TinyModels.stacked(model, TinyModels.WIDTH, TinyModels.SEQUENCE, List.of(layers)),
                        form,
                        ElementType.F64),
                6);
        sparse.tokens().putAll(dense.tokens());
        sparse.parameters().replaceAll((name, tensor) -> copied(name, tensor));
        return sparse;
    }

    /** The mlp's matrix for each expert; the router stays random. */
    private DoubleTensor copied(String name, DoubleTensor tensor) {
        DoubleTensor one = dense.parameters().get(name.replace(".moe.", ".mlp."));
        if (one == null) {
            return tensor;
        }
        double[] values = new double[(int) tensor.type().elements()];
        for (int i = 0; i < values.length; i++) {
            values[i] = one.values()[i % one.values().length];
        }
        return new DoubleTensor(tensor.type(), values);
    }

    private static double[] losses(ModelInterpreter model) {
        return model.streams().getLast().getFirst().values();
    }
}
