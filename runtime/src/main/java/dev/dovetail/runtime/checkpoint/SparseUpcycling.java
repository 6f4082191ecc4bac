package dev.dovetail.runtime.checkpoint;

import dev.dovetail.runtime.rank.StateShard;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * A dense model's checkpoint as that of a mixture of experts (sparse upcycling, Komatsuzaki et al. 2022, arXiv:2212.05055): what a
 * layer's mlp was, each of its experts is. While gates add up to one the mixture gives what the mlp gave, whatever the router says;
 * the router itself is nowhere in the checkpoint. Nothing is copied: every expert's piece is the same bytes.
 */
public final class SparseUpcycling {
    private static final Pattern DENSE = Pattern.compile("\\.mlp(\\d*)\\.");
    private static final Pattern EXPERT = Pattern.compile("\\.moe\\d*\\.(in|gate|out)(_bias)?$");

    private SparseUpcycling() {}

    /**
     * The checkpoint under the mixture's names.
     *
     * @param state of the mixture, whose tensors are asked for by its names and shapes
     * @throws CheckpointException where experts have nothing to be copies of
     */
    public static Checkpoint of(Checkpoint dense, List<StateShard> state) {
        Map<String, List<Long>> asked = new HashMap<>();
        state.forEach(shard -> asked.put(shard.tensor(), shard.shape()));
        Checkpoint read = dense.read(piece -> reading(piece, asked));
        Set<String> found = Set.copyOf(read.tensors());
        asked.keySet().stream()
                .filter(tensor -> EXPERT.matcher(tensor).find() && !found.contains(tensor))
                .sorted()
                .findFirst()
                .ifPresent(missing -> {
                    throw new CheckpointException(
                            "the run in `" + dense.folder() + "` has no mlp that `" + missing + "` could be copies of",
                            "upcycle a run of the same layers with `mlp` in the place of `moe`");
                });
        return read;
    }

    private static Stream<Manifest.Piece> reading(Manifest.Piece piece, Map<String, List<Long>> asked) {
        Matcher mlp = DENSE.matcher(piece.tensor());
        String mixture = mlp.find() ? mlp.replaceFirst(".moe$1.") : piece.tensor();
        List<Long> shape = asked.get(mixture);
        if (shape == null || asked.containsKey(piece.tensor())) {
            return Stream.of(piece);
        }
        boolean ofEach = shape.size() == piece.shape().size() + 1;
        return ofEach
                ? LongStream.range(0, shape.getFirst()).mapToObj(e -> piece.stacked(mixture, e, shape.getFirst()))
                : Stream.of(piece.named(mixture));
    }
}
