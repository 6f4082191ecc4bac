package dev.dovetail.cli.exchange;

import dev.dovetail.grammar.resolve.huggingface.HuggingFaceWeights;
import dev.dovetail.grammar.resolve.huggingface.HuggingFaceWeights.Stored;
import dev.dovetail.ir.block.ExpansionForm;
import dev.dovetail.ir.block.ModelDefinition;
import dev.dovetail.ir.block.Names;
import dev.dovetail.ir.model.ExpandModel;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.TensorType;
import dev.dovetail.runtime.checkpoint.Checkpoint;
import dev.dovetail.runtime.checkpoint.CheckpointStore;
import dev.dovetail.runtime.checkpoint.Manifest;
import dev.dovetail.runtime.exchange.Safetensors;
import dev.dovetail.runtime.exchange.StoredTensor;
import dev.dovetail.runtime.exchange.WeightFile;
import dev.dovetail.runtime.exchange.WeightFileException;
import dev.dovetail.runtime.memory.HostMemory;
import dev.dovetail.runtime.rank.Initial;
import dev.dovetail.runtime.rank.StateKind;
import dev.dovetail.runtime.rank.StateShard;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Moves a model's weights between our checkpoints and files with the names of the library. */
public final class WeightExchange {
    private static final long CACHE_LINE = 64;

    private final Map<String, TensorType> parameters = new LinkedHashMap<>();
    private final HuggingFaceWeights names;

    public WeightExchange(ModelDefinition model, HuggingFaceWeights names) {
        this.names = names;
        var form = ExpansionForm.Training.predicting(model.context(), 1);
        ExpandModel.expand(model, form, ElementType.F32)
                .parameters()
                .forEach((name, parameter) ->
                        parameters.put(name, parameter.value().type()));
    }

    // --- reading
    // ---------------------------------------------------------------------------------------

    /**
     * Writes a checkpoint of weights alone into {@code folder}, which a job can start from. Everything is compared and copied
     * before anything is written.
     *
     * @return how many tensors of the file were not asked for
     */
    public int read(WeightFile file, Path folder) {
        long bytes = 0;
        Map<String, StateShard> places = new LinkedHashMap<>();
        for (Map.Entry<String, TensorType> parameter : parameters.entrySet()) {
            StateShard place = place(parameter.getKey(), parameter.getValue(), bytes);
            places.put(parameter.getKey(), place);
            bytes += Math.ceilDiv(place.bytes(), CACHE_LINE) * CACHE_LINE;
        }
        requireAll(file);
        try (HostMemory memory = HostMemory.of("the weights", bytes)) {
            var used = new HashSet<String>();
            places.forEach((name, place) -> copy(name, place, file, memory.segment(), used));
            var store = new CheckpointStore(folder, 1);
            store.begin(0);
            Manifest.StateFile written = store.writeRank(0, 0, List.copyOf(places.values()), memory);
            store.commit(new Manifest(Manifest.SCHEMA, "imported", 0, 0, 0, "", List.of(written)));
            return (int)
                    file.names().stream().filter(name -> !used.contains(name)).count();
        }
    }

    private static StateShard place(String name, TensorType type, long offset) {
        List<Long> shape = type.dims().stream().map(dim -> dim.bound()).toList();
        return StateShard.whole(
                name, StateKind.WEIGHT, dev.dovetail.runtime.memory.ElementType.F32, shape, offset, Initial.zeros());
    }

    private void requireAll(WeightFile file) {
        var missing = new ArrayList<String>();
        for (String ours : parameters.keySet()) {
            if (stored(ours).flatMap(stored -> nameIn(file, stored)).isEmpty()) {
                missing.add(stored(ours).map(Stored::name).orElse(ours));
            }
        }
        if (!missing.isEmpty()) {
            throw new WeightFileException(
                    "the file has no `" + missing.getFirst() + "`"
                            + (missing.size() > 1 ? ", nor " + (missing.size() - 1) + " others" : ""),
                    "it must be of the model that the config describes; it has "
                            + String.join(", ", file.names().stream().limit(3).toList()) + ", …");
        }
    }

    private Optional<Stored> stored(String ours) {
        return names.find(ours);
    }

    /** What the file calls it. */
    private Optional<String> nameIn(WeightFile file, Stored stored) {
        return Stream.concat(Stream.of(""), names.prefixes().stream())
                .map(prefix -> prefix + stored.name())
                .filter(file::has)
                .findFirst();
    }

    private void copy(String ours, StateShard place, WeightFile file, MemorySegment memory, Set<String> used) {
        Stored stored = stored(ours).orElseThrow();
        String name = nameIn(file, stored).orElseThrow();
        StoredTensor theirs = file.find(name).orElseThrow();
        used.add(name);
        long elements = place.count();
        if (theirs.elements() != elements * stored.parts()) {
            throw new WeightFileException(
                    "`" + theirs.name() + "` is " + theirs.shape() + ", and `" + ours + "` takes " + elements
                            + " numbers",
                    "the file must be of the model that the config describes");
        }
        var layout = Layout.of(ours, parameters.get(ours), stored);
        for (long i = 0; i < elements; i++) {
            double value = theirs.at(layout.theirs(i));
            if (!Double.isFinite(value)) {
                throw new WeightFileException(
                        "`" + theirs.name() + "` has a " + value + " at element " + layout.theirs(i),
                        "nothing was imported; fetch the file again");
            }
            memory.set(ValueLayout.JAVA_FLOAT, place.offset() + i * Float.BYTES, (float) value);
        }
    }

    /**
     * Which element of theirs each of ours is.
     *
     * @param vector whether it is one row, however many dims ours has: a bias of heads
     * @param inputs rows of ours
     * @param outputs columns of ours
     */
    private record Layout(Stored stored, boolean vector, long inputs, long outputs) {
        /** What is projected from comes first: one dim, or heads and their elements. */
        static Layout of(String name, TensorType type, Stored stored) {
            boolean vector = type.dims().size() < 2 || name.endsWith("_bias");
            boolean fromHeads =
                    type.dims().size() == 3 && type.names().getFirst().equals(Names.HEADS);
            long first = type.dims().getFirst().bound();
            long inputs = vector ? 1 : fromHeads ? first * type.dims().get(1).bound() : first;
            return new Layout(stored, vector, inputs, type.elements() / inputs);
        }

        long theirs(long ours) {
            long input = ours / outputs;
            long output = ours % outputs + stored.part() * outputs;
            return stored.turned() ? output * inputs + input : input * outputs * stored.parts() + output;
        }

        List<Long> shape() {
            long all = outputs * stored.parts();
            return vector ? List.of(all) : stored.turned() ? List.of(all, inputs) : List.of(inputs, all);
        }
    }

    // --- writing
    // ---------------------------------------------------------------------------------------

    /** Writes a checkpoint's weights as one safetensors file; returns how many tensors it has. */
    public int write(Checkpoint checkpoint, Path file) {
        Map<String, StoredTensor> theirs = new LinkedHashMap<>();
        for (String ours : parameters.keySet()) {
            Stored stored = stored(ours)
                    .orElseThrow(() -> new WeightFileException(
                            "the library has no name for `" + ours + "`", "choose another family"));
            var kind = StoredTensor.Kind.valueOf(
                    checkpoint.type(ours, StateKind.WEIGHT).name());
            var layout = Layout.of(ours, parameters.get(ours), stored);
            put(checkpoint, ours, layout, theirs.computeIfAbsent(stored.name(), name -> empty(name, kind, layout)));
        }
        Safetensors.write(file, List.copyOf(theirs.values()));
        return theirs.size();
    }

    private static StoredTensor empty(String name, StoredTensor.Kind kind, Layout layout) {
        List<Long> shape = layout.shape();
        long bytes = shape.stream().reduce(1L, Math::multiplyExact) * kind.bytes();
        return new StoredTensor(name, kind, shape, MemorySegment.ofArray(new byte[Math.toIntExact(bytes)]));
    }

    private static void put(Checkpoint checkpoint, String ours, Layout layout, StoredTensor tensor) {
        StateShard place = StateShard.whole(
                ours,
                StateKind.WEIGHT,
                checkpoint.type(ours, StateKind.WEIGHT),
                checkpoint.shape(ours, StateKind.WEIGHT),
                0,
                Initial.zeros());
        try (HostMemory memory = HostMemory.of("a weight", place.bytes())) {
            checkpoint.restore(place, memory);
            var read = new StoredTensor(ours, tensor.kind(), List.of(place.count()), memory.segment());
            for (long i = 0; i < place.count(); i++) {
                tensor.set(layout.theirs(i), read.at(i));
            }
        }
    }
}
