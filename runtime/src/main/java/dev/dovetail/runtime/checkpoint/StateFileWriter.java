package dev.dovetail.runtime.checkpoint;

import dev.dovetail.runtime.memory.RankMemory;
import dev.dovetail.runtime.rank.StateShard;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/** Writes one rank's parts one after the other, with a checksum over all of them. */
final class StateFileWriter {
    /** A byte buffer cannot be longer than an int; this also bounds what the channel copies at a time. */
    private static final long SLICE = 8L << 20;

    private StateFileWriter() {}

    static Manifest.StateFile write(
            CheckpointStore.Opener opener, Path file, List<StateShard> shards, RankMemory memory) throws IOException {
        CRC32C crc = new CRC32C();
        List<Manifest.Piece> pieces = new ArrayList<>();
        long at = 0;
        try (FileChannel channel = opener.open(file)) {
            for (StateShard shard : shards) {
                append(channel, memory, shard, crc);
                pieces.add(piece(shard, at));
                at += shard.bytes();
            }
            channel.force(true);
        }
        return new Manifest.StateFile(file.getFileName().toString(), at, crc.getValue(), pieces);
    }

    private static void append(FileChannel channel, RankMemory memory, StateShard shard, CRC32C crc)
            throws IOException {
        for (long done = 0; done < shard.bytes(); done += SLICE) {
            ByteBuffer slice = memory.view(shard.offset() + done, Math.min(SLICE, shard.bytes() - done))
                    .asByteBuffer();
            crc.update(slice.duplicate());
            while (slice.hasRemaining()) {
                channel.write(slice);
            }
        }
    }

    private static Manifest.Piece piece(StateShard shard, long at) {
        return new Manifest.Piece(
                shard.tensor(),
                shard.kind(),
                shard.type(),
                shard.shape(),
                shard.start(),
                shard.extent(),
                shard.first(),
                shard.count(),
                at);
    }
}
