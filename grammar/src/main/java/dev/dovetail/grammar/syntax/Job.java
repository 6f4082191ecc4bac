package dev.dovetail.grammar.syntax;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Something to do: {@code train gpt3_175b on selene { … }}; {@code as NAME} tells two jobs of one model apart. */
public record Job(
        JobVerb verb,
        Label subject,
        Label cluster,
        Optional<Label> alias,
        Optional<Block> block,
        Trivia trivia,
        SourceSpan span)
        implements Declaration {

    /** What {@code --job} calls it: its alias, or else its subject. */
    public String name() {
        return alias.orElse(subject).text();
    }

    /** The entries of the block; none without one. */
    public List<Entry> entries() {
        return block.map(Block::entries).orElse(List.of());
    }

    @Override
    public List<Node> children() {
        List<Node> children = new ArrayList<>();
        children.add(subject);
        children.add(cluster);
        alias.ifPresent(children::add);
        block.ifPresent(children::add);
        return List.copyOf(children);
    }
}
