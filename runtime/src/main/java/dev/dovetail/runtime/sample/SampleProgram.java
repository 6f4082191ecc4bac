package dev.dovetail.runtime.sample;

import dev.dovetail.runtime.rank.RankContext;
import dev.dovetail.runtime.rank.StateShard;
import java.util.List;

/** A trained model as the generator writes it to be used: one rank that holds all of it. */
public interface SampleProgram<M> {
    /** Size of the arena: weights, cache and workspace. */
    long arenaBytes();

    /** The weights, which the runtime fills from a checkpoint. */
    List<StateShard> state();

    /** Called once, after the state is filled. */
    M open(RankContext context);
}
