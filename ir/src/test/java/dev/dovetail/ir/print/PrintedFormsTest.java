package dev.dovetail.ir.print;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.ir.graph.Differentiate;
import dev.dovetail.ir.graph.SavePolicy;
import dev.dovetail.ir.model.Model;
import dev.dovetail.ir.model.TinyModels;
import dev.dovetail.ir.plan.Decision.Recompute;
import dev.dovetail.ir.program.IndexExpr;
import dev.dovetail.ir.program.Program;
import dev.dovetail.ir.scalar.Activations;
import dev.dovetail.ir.scalar.Scalars;
import dev.dovetail.ir.verify.TwoStageProgram;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PrintedFormsTest {

    @Test
    void theTinyGptModel() {
        Golden.check("gpt.graph.txt", GraphPrinter.print(TinyModels.GPT.training()));
    }

    @Test
    void theTinyLlamaModelDecoding() {
        Golden.check("llama_decode.graph.txt", GraphPrinter.print(TinyModels.LLAMA.decoding(3)));
    }

    @Test
    void aBackwardGraph() {
        var forward = TinyModels.LLAMA.training().layer(1).forward();
        var graphs = Differentiate.layer(forward, SavePolicy.of(Recompute.SELECTIVE));
        Golden.check("llama_backward.graph.txt", GraphPrinter.print(graphs.backward()));
    }

    @Test
    void aProgramOfTwoStages() {
        Golden.check("two_stages.program.txt", ProgramPrinter.print(TwoStageProgram.program()));
    }

    /** Every operator of every model prints on one line. */
    @ParameterizedTest
    @EnumSource(TinyModels.class)
    void everyOperatorTakesOneLine(TinyModels tiny) {
        Model model = tiny.training();
        for (var kind : model.kinds()) {
            String text = GraphPrinter.print(kind.forward());
            int lines = 2
                    + kind.forward().inputs().size()
                    + kind.forward().parameters().size()
                    + kind.forward().nodes().size();
            assertEquals(lines, text.lines().count());
        }
    }

    @Test
    void bodiesThatStagesShareArePrintedOnce() {
        Program program = TwoStageProgram.program();
        String text = ProgramPrinter.print(program);
        assertTrue(text.contains("body zero_gradients()  update, as in stage 0"), text);
        assertFalse(text.contains("body forward(slot, microbatch)  forward, as in"), text);
    }

    @Test
    void printingTwiceGivesTheSameBytes() {
        assertEquals(ProgramPrinter.print(TwoStageProgram.program()), ProgramPrinter.print(TwoStageProgram.program()));
    }

    @Test
    void expressionsKeepTheParenthesesTheyNeed() {
        var x = Scalars.arg(0);
        var y = Scalars.arg(1);
        var z = Scalars.arg(2);
        var printed = new ArrayList<String>();
        for (var expr : List.of(
                Scalars.multiply(Scalars.add(x, y), z),
                Scalars.add(Scalars.multiply(x, y), z),
                Scalars.subtract(x, Scalars.add(y, z)),
                Scalars.subtract(Scalars.subtract(x, y), z),
                Scalars.subtract(x, Scalars.subtract(y, z)),
                Scalars.divide(x, Scalars.multiply(y, z)),
                Scalars.divide(Scalars.divide(x, y), z),
                Activations.silu())) {
            printed.add(ExpressionPrinter.print(expr));
        }
        assertEquals(
                List.of(
                        "($0 + $1) * $2",
                        "$0 * $1 + $2",
                        "$0 - ($1 + $2)",
                        "$0 - $1 - $2",
                        "$0 - ($1 - $2)",
                        "$0 / ($1 * $2)",
                        "$0 / $1 / $2",
                        "$0 * sigmoid($0)"),
                printed);
    }

    @Test
    void offsetsReadAsSums() {
        var slot = IndexExpr.variable("microbatch").remainder(3).times(4096).plus(512);
        assertEquals("microbatch % 3 * 4096 + 640", ExpressionPrinter.print(slot.plus(128)));
        var nested = IndexExpr.variable("layer").plus(1).times(64);
        assertEquals("(layer + 1) * 64", ExpressionPrinter.print(nested));
        var table = new IndexExpr.Lookup(List.of(0L, 2L, 1L), IndexExpr.variable("microbatch"));
        assertEquals(
                "[0, 2, 1][microbatch] + @data * 64",
                ExpressionPrinter.print(table.plus(new IndexExpr.Coordinate("data").times(64))));
        var grouped = IndexExpr.variable("i")
                .dividedBy(8)
                .times(4)
                .plus(IndexExpr.variable("i").remainder(4));
        assertEquals("i / 8 * 4 + i % 4", ExpressionPrinter.print(grouped));
        assertEquals(9, grouped.evaluate(Map.of("i", 17L), Map.of()));
    }

    @Test
    void numbersReadBackAsTheSameDouble() {
        for (double value : new double[] {0.1, 1e-5, 1.0 / 3, 6.02e23, -2.5, 0, 123456789, 1e-300, Math.PI}) {
            assertEquals(value, Double.parseDouble(ExpressionPrinter.number(value)));
        }
        assertEquals("1e-5", ExpressionPrinter.number(1e-5));
    }
}
