package dev.dovetail.ir.block;

import java.util.List;
import java.util.Optional;

/** Every kind of sub-layer a spec may name. */
public record BlockCatalog(List<Block> blocks) {

    public BlockCatalog {
        blocks = List.copyOf(blocks);
    }

    /** The blocks that ship with Dovetail: a new one is its file and a line here. */
    public static BlockCatalog standard() {
        return new BlockCatalog(List.of(
                new AttentionBlock(),
                new MlpBlock(),
                new MoeBlock(),
                new SsmBlock(),
                new DeltaBlock(),
                new LruBlock(),
                new ConvBlock(),
                new ResnetBlock(),
                new ResampleBlock(),
                new TransformerBlock(),
                new TextBlock()));
    }

    public Optional<Block> find(String name) {
        return blocks.stream()
                .filter(block -> block.schema().name().equals(name))
                .findFirst();
    }

    public List<String> names() {
        return blocks.stream().map(block -> block.schema().name()).toList();
    }
}
