package dev.dovetail.runtime.checkpoint;

import dev.dovetail.runtime.memory.ElementType;
import dev.dovetail.runtime.rank.StateKind;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * What a checkpoint holds: global tensors in pieces, whichever ranks wrote them.
 *
 * @param schema version of this form; only additions within one
 * @param job fingerprint of the spec that trains
 * @param step the next step to run
 * @param seed of weights and data
 * @param dataPosition samples drawn so far; the sampler is a function of seed and step, so this is for people
 * @param mesh the ranks that wrote it, for people
 */
public record Manifest(
        int schema, String job, long step, long seed, long dataPosition, String mesh, List<StateFile> files) {
    public static final int SCHEMA = 1;

    /** One rank's file. */
    public record StateFile(String name, long bytes, long crc32c, List<Piece> pieces) {
        public StateFile {
            pieces = List.copyOf(pieces);
        }
    }

    /** A part of a global tensor, as in {@link dev.dovetail.runtime.rank.StateShard}, at an offset in its file. */
    public record Piece(
            String tensor,
            StateKind kind,
            ElementType type,
            List<Long> shape,
            List<Long> start,
            List<Long> extent,
            long first,
            long count,
            long offset) {
        /** The same part of a tensor of another name. */
        public Piece named(String other) {
            return new Piece(other, kind, type, shape, start, extent, first, count, offset);
        }

        /** The same part of one of {@code times} such tensors that are one, the first dim counting them. */
        public Piece stacked(String other, long index, long times) {
            return new Piece(
                    other,
                    kind,
                    type,
                    before(times, shape),
                    before(index, start),
                    before(1, extent),
                    first,
                    count,
                    offset);
        }

        private static List<Long> before(long first, List<Long> rest) {
            return Stream.concat(Stream.of(first), rest.stream()).toList();
        }
    }

    public Manifest {
        files = List.copyOf(files);
    }

    /** The same files, each piece read as {@code reading} has it: as another, or as several. */
    Manifest read(Function<Piece, Stream<Piece>> reading) {
        List<StateFile> read = files.stream()
                .map(file -> new StateFile(
                        file.name(),
                        file.bytes(),
                        file.crc32c(),
                        file.pieces().stream().flatMap(reading).toList()))
                .toList();
        return new Manifest(schema, job, step, seed, dataPosition, mesh, read);
    }
}
