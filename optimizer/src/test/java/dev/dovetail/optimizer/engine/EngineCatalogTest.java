package dev.dovetail.optimizer.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.ir.job.ProductFormat;
import java.util.HashSet;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class EngineCatalogTest {
    private static String engine(String framework, OptionalInt year) {
        return EngineCatalog.ofFramework(framework, year).map(Engine::name).orElse("none");
    }

    @Test
    void findsTheEngineThatATableMeans() {
        OptionalInt unknown = OptionalInt.empty();
        assertEquals("megatron_bridge", engine("Megatron-Bridge 26.04", unknown));
        assertEquals("megatron_bridge_2026", engine("Megatron-Bridge 26.06.01 zero1 mxfp8 qwen3-30b-a3b", unknown));
        assertEquals("megatron_bridge", engine("Megatron-Bridge 26.06.01 zero1 mxfp8 kimi-k2", unknown));
        assertEquals("megatron_bridge", engine("Megatron-Bridge 26.06.01 zero1 bf16 qwen3-30b-a3b", unknown));
        assertEquals("nemo", engine("NeMo 24.07", unknown));
        assertEquals("nemo_2403", engine("NeMo 24.03.01", unknown));
        assertEquals("megatron_bridge", engine("NeMo DFM/Megatron-Bridge", unknown));
        assertEquals("megatron_core", engine("Megatron-Core 0.8", unknown));
        assertEquals("torchtitan", engine("torchtitan fsdp2 bf16 FSDP", unknown));
        assertEquals("torchtitan_compiled", engine("torchtitan fsdp2 bf16 FSDP + torch.compile", unknown));
        assertEquals("torchtitan_async", engine("torchtitan fsdp2 fp8-rowwise asyncTP 2025-06", unknown));
        assertEquals("megatron_deepspeed", engine("Megatron-DeepSpeed", unknown));
        assertEquals("deepspeed_pipeline", engine("Megatron-DeepSpeed zero1", unknown));
        assertEquals("deepspeed_pipeline", engine("Megatron-DeepSpeed zero0", unknown));
        assertEquals("deepspeed_zero", engine("DeepSpeed ZeRO-3", unknown));
        assertEquals("megatron_core", engine("MegaScale", unknown));
        assertEquals("megatron_lm_3", engine("Megatron-LM (MegaScale baseline)", unknown));
        assertEquals("none", engine("a framework of our own", unknown));
    }

    @Test
    void takesTheEngineAsItWasInTheYear() {
        assertEquals("megatron_lm", engine("Megatron-LM", OptionalInt.of(2020)));
        assertEquals("megatron_lm", engine("Megatron-LM", OptionalInt.of(2021)));
        assertEquals("megatron_lm_3", engine("Megatron-LM", OptionalInt.of(2022)));
        assertEquals(
                "megatron_lm", engine("Megatron-LM", OptionalInt.of(2019)), "the first, where it is older than any");
    }

    @Test
    void namesAreDistinctAndFound() {
        var names = new HashSet<String>();
        for (Engine engine : EngineCatalog.all()) {
            assertTrue(names.add(engine.name()), engine.name());
            assertEquals(Optional.of(engine), EngineCatalog.named(engine.name()));
            assertTrue(!engine.source().isBlank(), engine.name() + " says where its properties were read");
        }
    }

    @Test
    void readsFormatsAsTablesWriteThem() {
        assertEquals(Optional.of(ProductFormat.STORED), ProductFormat.of("amp_bf16/DEFAULT"));
        assertEquals(Optional.of(ProductFormat.FP8), ProductFormat.of("fp8-tensorwise"));
        assertEquals(Optional.of(ProductFormat.MXFP8), ProductFormat.of("mxfp8"));
        assertEquals(Optional.of(ProductFormat.NVFP4), ProductFormat.of("NVFP4"));
        assertEquals(Optional.empty(), ProductFormat.of("int3"));
    }
}
