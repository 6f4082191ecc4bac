package dev.dovetail.backends.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import dev.dovetail.backends.cpu.KernelSignature.LaunchSymbol;
import dev.dovetail.backends.cpu.KernelSignature.SymbolKind;
import dev.dovetail.ir.op.Attend;
import dev.dovetail.ir.op.AttentionPattern;
import dev.dovetail.ir.op.MapOp;
import dev.dovetail.ir.op.MatMul;
import dev.dovetail.ir.scalar.Activations;
import dev.dovetail.ir.scalar.AdamW;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.Extent;
import dev.dovetail.ir.tensor.TensorType;
import java.util.List;
import org.junit.jupiter.api.Test;

class KernelNamesTest {
    private static final TensorType X = TensorType.of(ElementType.F32, Dim.of("tokens", 4096), Dim.of("width", 128));
    private static final TensorType W = TensorType.of(ElementType.F32, Dim.of("width", 128), Dim.of("inner", 512));
    private static final KernelTask PRODUCT =
            new KernelTask.Operator(new MatMul(List.of("tokens", "inner")), List.of(X, W));
    private static final KernelTask GELU = new KernelTask.Operator(new MapOp(Activations.gelu(), X), List.of(X));
    private static final KernelTask SILU = new KernelTask.Operator(new MapOp(Activations.silu(), X), List.of(X));

    @Test
    void saysFamilyShapeAndType() {
        assertEquals("MatMul_4096x128x512_f32", name(List.of(PRODUCT), PRODUCT));
        assertEquals("Map_4096x128_f32", name(List.of(GELU, PRODUCT), GELU));
    }

    @Test
    void addsADigestOnlyWhereTwoWouldBeCalledTheSame() {
        var both = List.of(GELU, PRODUCT, SILU);
        assertEquals("MatMul_4096x128x512_f32", name(both, PRODUCT));
        assertNotEquals(name(both, GELU), name(both, SILU));
        assertEquals(name(both, GELU), name(List.of(SILU, GELU), GELU));
    }

    private static String name(List<KernelTask> among, KernelTask task) {
        return KernelNames.assign(among, "job.kernels").get(task).simpleName();
    }

    @Test
    void givesTheSameSourceForTheSameTask() {
        var catalog = new KernelCatalog(CpuTarget.avx2());
        var name = new KernelName("job.kernels", "Kernel");
        assertEquals(
                catalog.emit(PRODUCT, name).text(),
                new KernelCatalog(CpuTarget.avx2()).emit(PRODUCT, name).text());
    }

    @Test
    void passesBoundedExtentsBeforeTheOperatorsOwnSymbols() {
        TensorType q = TensorType.of(
                ElementType.F32,
                new Dim("sequence", new Extent.Bounded("tokens", 8)),
                Dim.of("batch", 1),
                Dim.of("heads", 2),
                Dim.of("head_dim", 4));
        TensorType k = TensorType.of(
                ElementType.F32,
                new Dim("past", new Extent.Bounded("cached", 64)),
                Dim.of("batch", 1),
                Dim.of("kv_heads", 2),
                Dim.of("head_dim", 4));
        var attend = new Attend(AttentionPattern.causal(0.5).decodingFrom("past", "start"));
        var signature = KernelSignature.of(new KernelTask.Operator(attend, List.of(q, k, k)));
        assertEquals(
                List.of("tokens", "cached", "start"),
                signature.symbols().stream().map(LaunchSymbol::name).toList());
    }

    @Test
    void passesRatesAsRealNumbers() {
        var signature = KernelSignature.of(new KernelTask.Update(new AdamW(0.9, 0.999, 1e-8, 0), X));
        assertEquals(
                List.of(
                        new LaunchSymbol(AdamW.LEARNING_RATE, SymbolKind.REAL),
                        new LaunchSymbol(AdamW.FIRST_CORRECTION, SymbolKind.REAL),
                        new LaunchSymbol(AdamW.SECOND_CORRECTION, SymbolKind.REAL)),
                signature.symbols());
    }
}
