package dev.dovetail.runtime.sample;

import dev.dovetail.runtime.rank.RankContext;
import dev.dovetail.runtime.rank.StateShard;
import java.util.List;

/** The decode form of a job's program, as the generator writes it: one rank that holds the whole model. */
public interface DecodeProgram {
    /** Size of the arena: weights, cache and workspace. */
    long arenaBytes();

    /** The weights, which the runtime fills from a checkpoint. */
    List<StateShard> state();

    /** Called once, after the state is filled. */
    Decoder open(RankContext context);
}
