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
            if (names.find(ours, parameters.keySet()).isEmpty()) {
                missing.add(ours);
            }
            for (Slice slice : slices(ours)) {
                if (nameIn(file, slice.stored()).isEmpty()) {
                    missing.add(slice.stored().name());
                }
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

    /**
     * A tensor of theirs and where in ours it lies.
     *
     * @param first of our elements
     */
    private record Slice(Stored stored, Layout layout, long first) {}

    /** One, or one for each expert where they are stored apart; none where the library has no name for it. */
    private List<Slice> slices(String ours) {
        TensorType type = parameters.get(ours);
        var slices = new ArrayList<Slice>();
        names.find(ours, parameters.keySet()).ifPresent(stored -> {
            if (!stored.isApart()) {
                slices.add(new Slice(stored, layout(ours, type, stored), 0));
                return;
            }
            TensorType one = type.without(List.of(Names.EXPERTS));
            for (long expert = 0; expert < type.dim(Names.EXPERTS).bound(); expert++) {
                Stored its = stored.ofExpert(expert);
                slices.add(new Slice(its, layout(ours, one, its), expert * one.elements()));
            }
        });
        return slices;
    }

    /** What the file calls it. */
    private Optional<String> nameIn(WeightFile file, Stored stored) {
        return Stream.concat(Stream.of(""), names.prefixes().stream())
                .map(prefix -> prefix + stored.name())
                .filter(file::has)
                .findFirst();
    }

    private void copy(String ours, StateShard place, WeightFile file, MemorySegment memory, Set<String> used) {
        for (Slice slice : slices(ours)) {
            Layout layout = slice.layout();
            String name = nameIn(file, slice.stored()).orElseThrow();
            StoredTensor theirs = file.find(name).orElseThrow();
            used.add(name);
            requireShape(ours, theirs, layout);
            for (long i = 0; i < layout.elements(); i++) {
                double value = theirs.at(layout.theirs(i));
                requireFinite(theirs, layout.theirs(i), value, "nothing was imported; fetch the file again");
                memory.set(ValueLayout.JAVA_FLOAT, place.offset() + (slice.first() + i) * Float.BYTES, (float) value);
            }
        }
    }

    /** As large as ours, and of the same rows: a matrix the other way round has as many numbers. */
    private static void requireShape(String ours, StoredTensor theirs, Layout layout) {
        boolean fits = theirs.elements() == layout.shape().stream().reduce(1L, Math::multiplyExact)
                && (theirs.shape().size() != 2 || theirs.shape().equals(layout.shape()) || layout.vector());
        if (!fits) {
            throw new WeightFileException(
                    "`" + theirs.name() + "` is " + theirs.shape() + ", and `" + ours + "` takes " + layout.shape(),
                    "the file must be of the model that the config describes");
        }
    }

    private static void requireFinite(StoredTensor tensor, long element, double value, String help) {
        if (!Double.isFinite(value)) {
            throw new WeightFileException("`" + tensor.name() + "` has a " + value + " at element " + element, help);
        }
    }

    private Layout layout(String ours, TensorType type, Stored stored) {
        boolean vector = type.dims().size() < 2 || ours.endsWith("_bias") || stored.flat() || stored.tap() >= 0;
        long inputs = vector ? 1 : inputs(type);
        long outputs = type.elements() / inputs;
        Heads heads = heads(type, stored);
        if (stored.beside().isEmpty()) {
            return new Layout(
                    stored,
                    vector,
                    inputs,
                    outputs,
                    stored.part() * outputs,
                    stored.parts() * outputs,
                    taps(ours),
                    heads);
        }
        int place = stored.beside().indexOf(ours);
        var widths = stored.beside().stream()
                .map(name -> parameters.get(name).elements() / inputs)
                .toList();
        long before = widths.subList(0, place).stream().reduce(0L, Long::sum);
        long all = widths.stream().reduce(0L, Long::sum);
        return new Layout(stored, vector, inputs, outputs, before, all, taps(ours), heads);
    }

    private Heads heads(TensorType type, Stored stored) {
        long rotary = stored.rotary()
                .map(name -> parameters.get(name).dims().getLast().bound())
                .orElse(0L);
        return new Heads(type.dims().getLast().bound(), rotary);
    }

    /**
     * How the outputs of ours fall into heads.
     *
     * @param length of each
     * @param rotary elements, first and in halves in ours, last and in pairs in theirs
     */
    private record Heads(long length, long rotary) {
        /** Where theirs have an element of a head of ours. */
        long place(long element) {
            if (element >= rotary) {
                return element - rotary;
            }
            long half = rotary / 2;
            long pair = element < half ? 2 * element : 2 * (element - half) + 1;
            return length - rotary + pair;
        }
    }

    /** What is projected from comes first: one dim, or heads and their elements, in groups or not. */
    private static long inputs(TensorType type) {
        String first = type.names().getFirst();
        boolean fromHeads = type.dims().size() > 2 && (first.equals(Names.HEADS) || first.equals(Names.GROUPS));
        return fromHeads
                ? type.elements() / type.dims().getLast().bound()
                : type.dims().getFirst().bound();
    }

    /** How many weights a convolution has of which this is one. */
    private long taps(String ours) {
        String family = ours.substring(0, ours.lastIndexOf('_') + 1);
        return parameters.keySet().stream()
                .filter(name -> name.startsWith(family)
                        && name.substring(family.length()).matches("\\d+"))
                .count();
    }

    /**
     * Which element of theirs each of ours is.
     *
     * @param vector whether it is one row, however many dims ours has: a bias of heads
     * @param inputs rows of ours
     * @param outputs columns of ours
     * @param before columns of theirs that others have before ours
     * @param all columns of theirs
     * @param taps weights of a convolution that lie side by side for each column
     */
    private record Layout(
            Stored stored, boolean vector, long inputs, long outputs, long before, long all, long taps, Heads heads) {
        long elements() {
            return inputs * outputs;
        }

        long theirs(long ours) {
            if (stored.tap() >= 0) {
                return (before + ours) * taps + taps - 1 - stored.tap();
            }
            long input = ours / outputs;
            long output = column(ours % outputs);
            return stored.turned() ? output * inputs + input : input * all + output;
        }

        private long column(long ours) {
            if (vector) {
                return ours + before;
            }
            long head = ours / heads.length();
            long element = heads.place(ours % heads.length());
            long number = outputs / heads.length();
            return stored.inEachHead()
                    ? head * (all / number) + before / number + element
                    : before + head * heads.length() + element;
        }

        List<Long> shape() {
            if (stored.tap() >= 0) {
                return List.of(all, 1L, taps);
            }
            return vector ? List.of(all) : stored.turned() ? List.of(all, inputs) : List.of(inputs, all);
        }
    }

    // --- writing
    // ---------------------------------------------------------------------------------------

    /** Writes a checkpoint's weights as one safetensors file; returns how many tensors it has. */
    public int write(Checkpoint checkpoint, Path file) {
        Map<String, StoredTensor> theirs = new LinkedHashMap<>();
        for (String ours : parameters.keySet()) {
            List<Slice> slices = slices(ours);
            if (slices.isEmpty()) {
                throw new WeightFileException("the library has no name for `" + ours + "`", "choose another family");
            }
            requireOfModel(checkpoint, ours);
            try (Weight weight = Weight.read(checkpoint, ours)) {
                slices.forEach(slice -> put(weight.values(), slice, theirs));
            }
        }
        Safetensors.write(file, List.copyOf(theirs.values()));
        return theirs.size();
    }

    private void requireOfModel(Checkpoint checkpoint, String ours) {
        List<Long> shape =
                parameters.get(ours).dims().stream().map(dim -> dim.bound()).toList();
        boolean has = checkpoint.tensors().contains(ours);
        if (!has || !checkpoint.shape(ours, StateKind.WEIGHT).equals(shape)) {
            throw new WeightFileException(
                    "in `" + checkpoint.folder() + "`, `" + ours + "` is "
                            + (has ? checkpoint.shape(ours, StateKind.WEIGHT).toString() : "missing")
                            + ", and the model has it as " + shape,
                    "name the spec that the run was made from");
        }
    }

    /** One of our tensors, whole. */
    private record Weight(StoredTensor values, HostMemory memory) implements AutoCloseable {
        static Weight read(Checkpoint checkpoint, String ours) {
            var type = checkpoint.type(ours, StateKind.WEIGHT);
            List<Long> shape = checkpoint.shape(ours, StateKind.WEIGHT);
            StateShard place = StateShard.whole(ours, StateKind.WEIGHT, type, shape, 0, Initial.zeros());
            HostMemory memory = HostMemory.of("a weight", place.bytes());
            checkpoint.restore(place, memory);
            var kind = StoredTensor.Kind.valueOf(type.name());
            return new Weight(new StoredTensor(ours, kind, shape, memory.segment()), memory);
        }

        @Override
        public void close() {
            memory.close();
        }
    }

    private static void put(StoredTensor weight, Slice slice, Map<String, StoredTensor> theirs) {
        Layout layout = slice.layout();
        StoredTensor tensor =
                theirs.computeIfAbsent(slice.stored().name(), name -> empty(name, weight.kind(), layout.shape()));
        for (long i = 0; i < layout.elements(); i++) {
            double value = weight.at(slice.first() + i);
            requireFinite(weight, slice.first() + i, value, "its run diverged: train with a lower rate");
            tensor.set(layout.theirs(i), value);
        }
    }

    private static StoredTensor empty(String name, StoredTensor.Kind kind, List<Long> shape) {
        long bytes = shape.stream().reduce(1L, Math::multiplyExact) * kind.bytes();
        return new StoredTensor(name, kind, shape, MemorySegment.ofArray(new byte[Math.toIntExact(bytes)]));
    }
}
