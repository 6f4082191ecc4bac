package dev.dovetail.runtime.exchange;

import dev.dovetail.runtime.exchange.StoredTensor.Kind;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The safetensors format of Hugging Face: eight bytes with the length of a header, the header as JSON, then the tensors. Mapped
 * into memory, so that a tensor is read only when it is asked for.
 */
public final class Safetensors implements WeightFile {
    private static final String METADATA = "__metadata__";
    private static final String OFFSETS = "data_offsets";
    private static final int LENGTH = 8;

    /** As the format's own library allows. */
    private static final long LONGEST_HEADER = 100_000_000;

    private final Map<String, StoredTensor> tensors;

    private Safetensors(Map<String, StoredTensor> tensors) {
        this.tensors = tensors;
    }

    static Safetensors open(Path file) {
        try (FileChannel channel = FileChannel.open(file)) {
            // The mapping goes when nobody holds a tensor of it any more.
            MemorySegment bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), Arena.ofAuto());
            return new Safetensors(read(file, bytes));
        } catch (IOException missing) {
            throw new WeightFileException(
                    "`" + file + "` cannot be read: " + missing.getMessage(), "check the path", missing);
        }
    }

    private static Map<String, StoredTensor> read(Path file, MemorySegment bytes) {
        long size = bytes.byteSize();
        if (size < LENGTH) {
            throw damaged(file, "it has " + size + " bytes");
        }
        long header = bytes.asSlice(0, LENGTH)
                .asByteBuffer()
                .order(ByteOrder.LITTLE_ENDIAN)
                .getLong();
        if (header < 2 || header > LONGEST_HEADER || LENGTH + header > size) {
            throw damaged(file, "its header is said to have " + header + " bytes of " + size);
        }
        byte[] text = bytes.asSlice(LENGTH, header).toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
        var tensors = new LinkedHashMap<String, StoredTensor>();
        try {
            JsonNode root = JsonMapper.shared().readTree(text);
            MemorySegment data = bytes.asSlice(LENGTH + header);
            root.forEachEntry((name, node) -> {
                if (!name.equals(METADATA)) {
                    tensors.put(name, tensor(file, name, node, data));
                }
            });
        } catch (JacksonException broken) {
            throw damaged(file, "its header is no JSON");
        }
        return tensors;
    }

    private static StoredTensor tensor(Path file, String name, JsonNode node, MemorySegment data) {
        String said = node.path("dtype").asString("");
        Kind kind = kind(said)
                .orElseThrow(() -> new WeightFileException(
                        "`" + file + "`: `" + name + "` holds `" + said + "`, and weights are F64, F32, F16 or BF16",
                        "convert it first"));
        var shape = new ArrayList<Long>();
        node.path("shape").forEach(extent -> shape.add(extent.asLong()));
        long from = node.path(OFFSETS).path(0).asLong(-1);
        long to = node.path(OFFSETS).path(1).asLong(-1);
        long expected = shape.stream().reduce(1L, Math::multiplyExact) * kind.bytes();
        if (from < 0 || to > data.byteSize() || to - from != expected) {
            throw damaged(
                    file,
                    "`" + name + "` of " + said + " " + shape + " lies at bytes " + from + " to " + to + " of "
                            + data.byteSize());
        }
        return new StoredTensor(name, kind, shape, data.asSlice(from, to - from));
    }

    private static Optional<Kind> kind(String dtype) {
        for (Kind kind : Kind.values()) {
            if (kind.name().equals(dtype)) {
                return Optional.of(kind);
            }
        }
        return Optional.empty();
    }

    private static WeightFileException damaged(Path file, String how) {
        return new WeightFileException(
                "`" + file + "` is no whole safetensors file: " + how, "fetch or write it again");
    }

    @Override
    public List<String> names() {
        return List.copyOf(tensors.keySet());
    }

    @Override
    public Optional<StoredTensor> find(String name) {
        return Optional.ofNullable(tensors.get(name));
    }

    @Override
    public boolean has(String name) {
        return tensors.containsKey(name);
    }

    /** Writes the file whole or not at all. */
    public static void write(Path file, List<StoredTensor> tensors) {
        var header = new LinkedHashMap<String, Object>();
        header.put(METADATA, Map.of("format", "pt"));
        long at = 0;
        for (StoredTensor tensor : tensors) {
            long end = at + tensor.bytes().byteSize();
            var entry = new LinkedHashMap<String, Object>();
            entry.put("dtype", tensor.kind().name());
            entry.put("shape", tensor.shape());
            entry.put(OFFSETS, List.of(at, end));
            header.put(tensor.name(), entry);
            at = end;
        }
        String text = JsonMapper.shared().writeValueAsString(header);
        // The format wants tensors to begin at a multiple of eight.
        byte[] padded = (text + " ".repeat(Math.floorMod(-text.length(), LENGTH))).getBytes(StandardCharsets.UTF_8);
        Path partial = file.resolveSibling(file.getFileName() + ".partial");
        try {
            try (OutputStream out = Files.newOutputStream(partial)) {
                out.write(ByteBuffer.allocate(LENGTH)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putLong(padded.length)
                        .array());
                out.write(padded);
                for (StoredTensor tensor : tensors) {
                    out.write(tensor.bytes().toArray(java.lang.foreign.ValueLayout.JAVA_BYTE));
                }
            }
            Files.move(partial, file, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException full) {
            throw new WeightFileException(
                    "`" + file + "` cannot be written: " + full.getMessage(),
                    "free space or fix permissions there",
                    full);
        }
    }
}
