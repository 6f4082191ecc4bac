package dev.dovetail.cli.validate.row;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.cli.validate.table.MeasuredTable;
import dev.dovetail.grammar.resolve.Catalog;
import dev.dovetail.grammar.resolve.ResolveOptions;
import dev.dovetail.grammar.resolve.SpecResolver;
import dev.dovetail.ir.block.BlockCatalog;
import java.util.List;
import org.junit.jupiter.api.Test;

class RowSpecTest {
    private static String spec(String row) {
        var table = MeasuredTable.parse(
                "steps", "id,model,gpu,gpus,seq_len,gbs,mbs,tp,pp,ep,sharding,framework,note\n" + row + "\n");
        Catalog catalog = Catalog.shipped();
        var resolver = new SpecResolver(catalog, BlockCatalog.standard(), new ResolveOptions(List.of(), 1, List.of()));
        return new RowSpec.Writer(table, new KnownModels(List.of()), Hardware.of(catalog, resolver))
                .write(table.rows().getFirst())
                .text();
    }

    /** Megatron-Core refuses to train experts beside tensor ranks without sequence parallelism. */
    @Test
    void expertsBesideTensorRanksNeedSequenceParallelism() {
        String experts = spec("1,mixtral-8x7b,H100-SXM-80GB,64,4096,256,1,2,1,8,zero1,Megatron-Bridge 26.04,");
        assertTrue(experts.contains("sequence on"), experts);
        String alone = spec("1,mixtral-8x7b,H100-SXM-80GB,64,4096,256,1,1,1,8,zero1,Megatron-Bridge 26.04,");
        assertFalse(alone.contains("sequence "), alone);
    }

    @Test
    void whatFollowsASpaceIsNoPartOfAModelsName() {
        String known = spec("1,qwen3-30b-a3b pp-rank0,H100-SXM-80GB,32,4096,256,1,1,4,8,zero1,,");
        assertTrue(known.contains("experts 128"), known);
    }
}
