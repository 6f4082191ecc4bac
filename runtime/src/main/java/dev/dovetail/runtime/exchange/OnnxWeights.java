package dev.dovetail.runtime.exchange;

import dev.dovetail.runtime.exchange.StoredTensor.Kind;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The weights in an ONNX file: the initializers of its graph (onnx.proto3, message {@code TensorProto}). Exporters rename what
 * they multiply by; the node that does says which module it was, so {@code /encoder/layer.0/output/dense/MatMul} gives
 * {@code encoder.layer.0.output.dense.weight}, the way round that the module has it.
 */
final class OnnxWeights implements WeightFile {
    private static final int MODEL_GRAPH = 7;
    private static final int GRAPH_NODE = 1;
    private static final int GRAPH_INITIALIZER = 5;
    private static final int NODE_INPUT = 1;
    private static final int NODE_NAME = 3;
    private static final int TENSOR_DIMS = 1;
    private static final int TENSOR_TYPE = 2;
    private static final int TENSOR_NAME = 8;
    private static final int TENSOR_RAW = 9;
    private static final String PRODUCT = "/MatMul";

    private final Map<String, StoredTensor> tensors = new LinkedHashMap<>();
    /** What modules call the weights that they multiply by. */
    private final Map<String, String> products = new LinkedHashMap<>();

    static OnnxWeights open(Path file) {
        var weights = new OnnxWeights();
        try (FileChannel channel = FileChannel.open(file)) {
            // The mapping goes when nobody holds a tensor of it any more.
            weights.read(channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), Arena.ofAuto()));
            return weights;
        } catch (IOException missing) {
            throw new WeightFileException(
                    "`" + file + "` cannot be read: " + missing.getMessage(), "check the path", missing);
        } catch (IndexOutOfBoundsException | IllegalArgumentException truncated) {
            throw new WeightFileException("`" + file + "` is no whole ONNX file", "fetch it again", truncated);
        }
    }

    /** A field of a message: a number, or bytes. */
    private record Field(int number, long value, Optional<MemorySegment> bytes) {}

    private void read(MemorySegment model) {
        for (Field field : fields(model)) {
            if (field.number() == MODEL_GRAPH && field.bytes().isPresent()) {
                graph(field.bytes().get());
            }
        }
        products.values().retainAll(tensors.keySet());
    }

    private void graph(MemorySegment graph) {
        for (Field field : fields(graph)) {
            if (field.number() == GRAPH_INITIALIZER && field.bytes().isPresent()) {
                tensor(field.bytes().get()).ifPresent(tensor -> tensors.put(tensor.name(), tensor));
            } else if (field.number() == GRAPH_NODE && field.bytes().isPresent()) {
                node(field.bytes().get());
            }
        }
    }

    private void node(MemorySegment node) {
        String name = "";
        String last = "";
        for (Field field : fields(node)) {
            if (field.number() == NODE_NAME) {
                name = text(field);
            } else if (field.number() == NODE_INPUT) {
                last = text(field);
            }
        }
        if (name.endsWith(PRODUCT)) {
            String module = name.substring(1, name.length() - PRODUCT.length()).replace('/', '.');
            products.put(module + ".weight", last);
        }
    }

    /** Empty for what is no weight, such as positions that are counted out. */
    private static Optional<StoredTensor> tensor(MemorySegment message) {
        String name = "";
        long type = 0;
        var shape = new ArrayList<Long>();
        Optional<MemorySegment> raw = Optional.empty();
        for (Field field : fields(message)) {
            switch (field.number()) {
                case TENSOR_NAME -> name = text(field);
                case TENSOR_TYPE -> type = field.value();
                case TENSOR_RAW -> raw = field.bytes();
                case TENSOR_DIMS ->
                    field.bytes().ifPresentOrElse(packed -> numbers(packed, shape), () -> shape.add(field.value()));
                default -> {
                    // Other fields say nothing of weights.
                }
            }
        }
        Optional<Kind> kind = kind(type);
        return kind.isPresent() && raw.isPresent()
                ? Optional.of(new StoredTensor(name, kind.get(), shape, raw.get()))
                : Optional.empty();
    }

    /** By the numbers of {@code TensorProto.DataType}. */
    private static Optional<Kind> kind(long type) {
        return switch ((int) type) {
            case 1 -> Optional.of(Kind.F32);
            case 10 -> Optional.of(Kind.F16);
            case 11 -> Optional.of(Kind.F64);
            case 16 -> Optional.of(Kind.BF16);
            default -> Optional.empty();
        };
    }

    private static String text(Field field) {
        return field.bytes()
                .map(bytes -> new String(bytes.toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8))
                .orElse("");
    }

    private static void numbers(MemorySegment packed, List<Long> into) {
        var reader = new Reader(packed);
        while (reader.at < packed.byteSize()) {
            into.add(reader.number());
        }
    }

    private static List<Field> fields(MemorySegment message) {
        var fields = new ArrayList<Field>();
        var reader = new Reader(message);
        while (reader.at < message.byteSize()) {
            fields.add(reader.field());
        }
        return fields;
    }

    /** The wire format of protocol buffers. */
    private static final class Reader {
        private final MemorySegment bytes;
        private long at;

        Reader(MemorySegment bytes) {
            this.bytes = bytes;
        }

        long number() {
            long number = 0;
            for (int shift = 0; shift < Long.SIZE; shift += 7) {
                byte next = bytes.get(ValueLayout.JAVA_BYTE, at++);
                number |= (next & 0x7FL) << shift;
                if (next >= 0) {
                    return number;
                }
            }
            throw new IllegalArgumentException("a number of more than 64 bits at byte " + at);
        }

        Field field() {
            long key = number();
            int number = (int) (key >>> 3);
            return switch ((int) (key & 7)) {
                case 0 -> new Field(number, number(), Optional.empty());
                case 1 -> skipped(number, Long.BYTES);
                case 2 -> new Field(number, 0, Optional.of(piece(number())));
                case 5 -> skipped(number, Integer.BYTES);
                default -> throw new IllegalArgumentException("wire type " + (key & 7) + " at byte " + at);
            };
        }

        private Field skipped(int number, long length) {
            at += length;
            return new Field(number, 0, Optional.empty());
        }

        private MemorySegment piece(long length) {
            MemorySegment piece = bytes.asSlice(at, length);
            at += length;
            return piece;
        }
    }

    @Override
    public List<String> names() {
        var names = new ArrayList<>(tensors.keySet());
        names.removeAll(products.values());
        names.addAll(products.keySet());
        return names;
    }

    @Override
    public Optional<StoredTensor> find(String name) {
        String product = products.get(name);
        return product == null
                ? Optional.ofNullable(tensors.get(name))
                : Optional.of(tensors.get(product).transposed());
    }

    @Override
    public boolean has(String name) {
        return products.containsKey(name) || tensors.containsKey(name);
    }
}
