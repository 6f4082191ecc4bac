package dev.dovetail.ir.reference;

import dev.dovetail.ir.block.Names;
import dev.dovetail.ir.op.Communication;
import dev.dovetail.ir.op.Splitting;
import dev.dovetail.ir.program.Body;
import dev.dovetail.ir.program.Buffer;
import dev.dovetail.ir.program.IndexExpr;
import dev.dovetail.ir.program.Instruction;
import dev.dovetail.ir.program.MeshShape;
import dev.dovetail.ir.program.RankClass;
import dev.dovetail.ir.program.Schedule;
import dev.dovetail.ir.program.ScheduleWalk;
import dev.dovetail.ir.program.StateEntry;
import dev.dovetail.ir.reference.ProgramInterpreter.Letter;
import dev.dovetail.ir.scalar.ScalarEvaluator;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.Extent;
import dev.dovetail.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One rank of an interpreted program: its arena, and how far it has come in its schedule.
 *
 * <p>It is one class because it is one switch: what every instruction means to a rank's memory, in one place to compare others with.
 */
final class InterpretedRank {
    private final ProgramInterpreter mesh;
    private final RankClass stage;
    private final Map<String, Integer> coordinates;
    private final RankMemory memory;
    private List<Call> calls = List.of();
    private Map<String, Double> symbols = Map.of();
    private int call;
    private int instruction;
    private double loss;

    private record Call(Body body, Map<String, Long> arguments) {}

    InterpretedRank(ProgramInterpreter mesh, RankClass stage, int data, int tensor) {
        this.mesh = mesh;
        this.stage = stage;
        var places = new HashMap<>(
                Map.of(MeshShape.PIPELINE, stage.stage(), MeshShape.DATA, data, MeshShape.TENSOR, tensor));
        mesh.shape().parts().forEach((name, part) -> places.put(name, part.place(places.get(part.of()))));
        this.coordinates = Map.copyOf(places);
        this.memory = new RankMemory(stage.reachableBytes());
    }

    RankClass stage() {
        return stage;
    }

    int at(String axis) {
        return coordinates.get(axis);
    }

    double loss() {
        return loss;
    }

    void takeOver(InterpretedRank other) {
        memory.takeOver(other.memory);
    }

    void start(Schedule schedule, Map<String, Double> stepSymbols) {
        var flat = new ArrayList<Call>();
        new ScheduleWalk(stage, schedule, coordinates).forEachCall((site, variables, choice) -> {
            var arguments = new HashMap<String, Long>();
            site.arguments()
                    .forEach((name, value) -> arguments.put(
                            name,
                            site.compile(IndexExpr.variable(name), coordinates).at(variables)));
            flat.add(new Call(site.body(), arguments));
        });
        calls = flat;
        symbols = stepSymbols;
        call = 0;
        instruction = 0;
        loss = 0;
    }

    boolean isDone() {
        while (call < calls.size()
                && instruction == calls.get(call).body().instructions().size()) {
            call++;
            instruction = 0;
        }
        return call == calls.size();
    }

    Instruction current() {
        return calls.get(call).body().instructions().get(instruction);
    }

    /** Runs until done or waiting; false when it could not move at all. */
    boolean advance() {
        boolean moved = false;
        while (!isDone() && perform(current())) {
            moved = true;
        }
        return moved;
    }

    private long value(IndexExpr expr) {
        return expr.evaluate(calls.get(call).arguments(), coordinates);
    }

    /** Performs the instruction and steps over it, or returns false where it must wait. */
    private boolean perform(Instruction next) {
        switch (next) {
            case Instruction.Exchange e -> {
                return together(e.op().axis(), (rank, members) -> exchange(e, members));
            }
            // Nothing has arrived before it is awaited: what reads it earlier reads poison.
            case Instruction.Begin b -> poison(b.exchange().result());
            case Instruction.Await a -> {
                Instruction.Exchange e = a.exchange();
                return together(e.op().axis(), (rank, members) -> exchange(e, members));
            }
            case Instruction.FlatExchange e -> {
                return together(e.axis(), InterpretedRank::flatExchange);
            }
            case Instruction.TiedReduce t -> {
                return tied(t);
            }
            case Instruction.Receive r -> {
                Optional<DoubleTensor> tensor = mesh.receive(letter(r.distance(), r.channel(), r.tag(), false));
                if (tensor.isEmpty()) {
                    return false;
                }
                write(r.buffer(), tensor.get());
            }
            case Instruction.Send s -> mesh.send(letter(s.distance(), s.channel(), s.tag(), true), read(s.buffer()));
            case Instruction.Compute c -> compute(c);
            case Instruction.Load l -> write(l.buffer(), load(l));
            case Instruction.RecordLoss r -> record(r);
            case Instruction.Deliver d -> read(d.logits());
            case Instruction.Allocate a -> poison(a.buffer());
            case Instruction.Free f -> poison(f.buffer());
            case Instruction.Zero z ->
                memory.write(z.element(), value(z.offset()), new double[Math.toIntExact(z.elements())]);
            case Instruction.Update u -> update(u);
            case Instruction.Move m -> write(m.to(), read(m.from()));
        }
        instruction++;
        return true;
    }

    /** Ranks that share sequences each have a stretch of the positions. */
    private DoubleTensor load(Instruction.Load load) {
        int ways = mesh.shape().context();
        TensorType mine = load.buffer().type();
        int microbatch = (int) value(load.microbatch());
        if (ways == 1) {
            return mesh.inputs().load(load.source(), load.ahead(), mine, at(MeshShape.DATA), microbatch);
        }
        Dim positions = mine.dims().getFirst();
        if (!positions.name().equals(Names.SEQUENCE)) {
            return mesh.inputs().load(load.source(), load.ahead(), mine, at(MeshShape.DATA) / ways, microbatch);
        }
        TensorType whole = mine.withExtent(positions.name(), Extent.of(positions.bound() * ways));
        int replica = at(MeshShape.DATA) / ways;
        DoubleTensor all = mesh.inputs().load(load.source(), load.ahead(), whole, replica, microbatch);
        int rank = at(MeshShape.CONTEXT);
        int elements = (int) mine.elements();
        return new DoubleTensor(
                mine,
                mesh.shape().mirrored()
                        ? mirroredPiece(all.values(), 1, rank, elements)
                        : chunk(all.values(), rank, elements));
    }

    private Letter letter(int distance, Instruction.Channel channel, IndexExpr tag, boolean sends) {
        int here = mesh.indexOf(at(MeshShape.PIPELINE), at(MeshShape.DATA), at(MeshShape.TENSOR));
        int there = mesh.indexOf(at(MeshShape.PIPELINE) + distance, at(MeshShape.DATA), at(MeshShape.TENSOR));
        return sends ? new Letter(here, there, channel, value(tag)) : new Letter(there, here, channel, value(tag));
    }

    private DoubleTensor read(Buffer buffer) {
        return memory.read(buffer.type(), value(buffer.offset()));
    }

    private void write(Buffer buffer, DoubleTensor tensor) {
        if (tensor.values().length != buffer.type().elements()) {
            throw new IllegalStateException(buffer + " of " + buffer.type() + " takes " + tensor.type());
        }
        memory.write(buffer.type().element(), value(buffer.offset()), tensor.values());
    }

    private void poison(Buffer buffer) {
        memory.poison(value(buffer.offset()), buffer.reserved());
    }

    private void compute(Instruction.Compute c) {
        var known = new HashMap<>(symbols);
        c.symbols().forEach((name, expr) -> known.put(name, (double) value(expr)));
        var operands = c.operands().stream().map(this::read).toList();
        var results = c.op().reference(operands, new ReferenceEnvironment(known));
        for (int i = 0; i < results.size(); i++) {
            write(c.results().get(i), results.get(i));
        }
    }

    private void record(Instruction.RecordLoss r) {
        // Ranks along the tensor axis hold the same losses.
        if (at(MeshShape.TENSOR) == 0) {
            for (double token : read(r.losses()).values()) {
                loss += token;
            }
        }
    }

    private void update(Instruction.Update u) {
        var precision = u.precision();
        var weightType = u.master().isPresent() ? precision.master() : precision.compute();
        long weights = value(u.master().orElse(u.parameters()));
        var flat = List.of(Dim.of("flat", u.elements()));
        var elements = new SpaceElements(
                IndexSpace.over(flat),
                List.of(
                        memory.read(new TensorType(weightType, flat), weights),
                        memory.read(new TensorType(precision.gradient(), flat), value(u.gradients())),
                        memory.read(new TensorType(precision.state(), flat), value(u.firstMoment())),
                        memory.read(new TensorType(precision.state(), flat), value(u.secondMoment()))),
                new ReferenceEnvironment(symbols));
        var outputs = mesh.optimizer().outputs().stream()
                .map(output -> ScalarEvaluator.evaluate(output, elements))
                .toList();
        memory.write(precision.state(), value(u.firstMoment()), outputs.get(1));
        memory.write(precision.state(), value(u.secondMoment()), outputs.get(2));
        memory.write(weightType, weights, outputs.get(0));
        memory.write(precision.compute(), value(u.parameters()), outputs.get(0));
    }

    // --- exchanges ---

    private interface Exchange {
        /** What each member writes, given all members in the order of the axis. */
        void perform(InterpretedRank rank, List<InterpretedRank> members);
    }

    /** Goes on once every rank of the group stands at the same instruction. */
    private boolean together(String axis, Exchange exchange) {
        List<InterpretedRank> members = mesh.along(axis, this);
        Instruction mine = current();
        if (!members.stream()
                .allMatch(member -> !member.isDone() && member.current().equals(mine))) {
            return false;
        }
        exchange.perform(this, members);
        members.forEach(member -> member.instruction++);
        return true;
    }

    private static void exchange(Instruction.Exchange e, List<InterpretedRank> members) {
        Communication op = e.op();
        var parts = members.stream().map(member -> member.read(e.operand())).toList();
        var values = parts.stream().map(DoubleTensor::values).toList();
        int chunk = Math.toIntExact(e.result().type().elements());
        for (int i = 0; i < members.size(); i++) {
            double[] result = switch (op.kind()) {
                case ALL_REDUCE -> ProgramInterpreter.reduced(values, op.reduction());
                case REDUCE_SCATTER -> cut(op, ProgramInterpreter.reduced(values, op.reduction()), outOf(e), i, chunk);
                case ALL_GATHER -> op.mirrored() ? mirrored(values, into(e)) : assembled(values, into(e));
                case ALL_TO_ALL -> {
                    int to = i;
                    yield assembled(
                            values.stream()
                                    .map(whole -> piece(whole, outOf(e), to, chunk / op.ways()))
                                    .toList(),
                            into(e));
                }
                case SLICE -> cut(op, values.get(i), 1, i, chunk);
            };
            members.get(i).write(e.result(), new DoubleTensor(e.result().type(), result));
        }
    }

    private static void flatExchange(InterpretedRank rank, List<InterpretedRank> members) {
        var e = (Instruction.FlatExchange) rank.current();
        int elements = Math.toIntExact(e.elements());
        int chunk = elements / e.ways();
        boolean gathers = e.kind() == Communication.Kind.ALL_GATHER;
        var parts = members.stream()
                .map(member -> member.memory
                        .readFlat(
                                e.element(), member.value(gathers ? e.shard() : e.whole()), gathers ? chunk : elements)
                        .values())
                .toList();
        for (int i = 0; i < members.size(); i++) {
            InterpretedRank member = members.get(i);
            switch (e.kind()) {
                case ALL_REDUCE ->
                    member.memory.write(
                            e.element(), member.value(e.whole()), ProgramInterpreter.reduced(parts, Splitting.SUM));
                case REDUCE_SCATTER ->
                    member.memory.write(
                            e.element(),
                            member.value(e.shard()),
                            chunk(ProgramInterpreter.reduced(parts, Splitting.SUM), i, chunk));
                case ALL_GATHER -> member.memory.write(e.element(), member.value(e.whole()), joined(parts));
                case ALL_TO_ALL, SLICE -> throw new IllegalStateException("a flat stretch has no dims: " + e.kind());
            }
        }
    }

    private static int outOf(Instruction.Exchange e) {
        return Math.toIntExact(e.op().rowsOut(e.operand().type()));
    }

    private static int into(Instruction.Exchange e) {
        return Math.toIntExact(e.op().rowsIn(e.result().type()));
    }

    private static double[] cut(Communication op, double[] whole, int rows, int rank, int length) {
        return op.mirrored() ? mirroredPiece(whole, rows, rank, length) : piece(whole, rows, rank, length);
    }

    /** Of each of the rows, the early and the late stretch of one rank. */
    private static double[] mirroredPiece(double[] whole, int rows, int rank, int length) {
        int last = 2 * whole.length / length - 1;
        double[] early = piece(whole, rows, rank, length / 2);
        return assembled(List.of(early, piece(whole, rows, last - rank, length / 2)), rows);
    }

    /** Rows to each of which every rank gives an early and a late stretch. */
    private static double[] mirrored(List<double[]> pieces, int rows) {
        var stretches = new double[2 * pieces.size()][];
        for (int rank = 0; rank < pieces.size(); rank++) {
            double[] both = pieces.get(rank);
            stretches[rank] = piece(both, rows, 0, both.length / 2);
            stretches[stretches.length - 1 - rank] = piece(both, rows, 1, both.length / 2);
        }
        return assembled(List.of(stretches), rows);
    }

    /** Of each of the rows, the piece of one rank; {@code length} elements in all. */
    private static double[] piece(double[] whole, int rows, int rank, int length) {
        int run = length / rows;
        int row = whole.length / rows;
        double[] piece = new double[length];
        for (int i = 0; i < rows; i++) {
            System.arraycopy(whole, i * row + rank * run, piece, i * run, run);
        }
        return piece;
    }

    /** Rows to each of which every rank gives a piece. */
    private static double[] assembled(List<double[]> pieces, int rows) {
        int run = pieces.getFirst().length / rows;
        double[] whole = new double[pieces.size() * pieces.getFirst().length];
        for (int rank = 0; rank < pieces.size(); rank++) {
            for (int i = 0; i < rows; i++) {
                System.arraycopy(pieces.get(rank), i * run, whole, (i * pieces.size() + rank) * run, run);
            }
        }
        return whole;
    }

    private static double[] chunk(double[] whole, int index, int length) {
        return java.util.Arrays.copyOfRange(whole, index * length, (index + 1) * length);
    }

    private static double[] joined(List<double[]> parts) {
        double[] whole = new double[parts.size() * parts.getFirst().length];
        for (int i = 0; i < parts.size(); i++) {
            System.arraycopy(parts.get(i), 0, whole, i * parts.get(i).length, parts.get(i).length);
        }
        return whole;
    }

    private boolean tied(Instruction.TiedReduce mine) {
        var members = mesh.along(MeshShape.PIPELINE, this).stream()
                .filter(member -> mine.stages().contains(member.at(MeshShape.PIPELINE)))
                .toList();
        boolean present = members.stream()
                .allMatch(member -> !member.isDone() && member.current() instanceof Instruction.TiedReduce);
        if (!present) {
            return false;
        }
        var parts = members.stream()
                .map(member -> member.memory
                        .readFlat(mine.element(), member.tiedOffset(), mine.elements())
                        .values())
                .toList();
        double[] total = ProgramInterpreter.reduced(parts, Splitting.SUM);
        for (InterpretedRank member : members) {
            member.memory.write(mine.element(), member.tiedOffset(), total);
            member.instruction++;
        }
        return true;
    }

    private long tiedOffset() {
        return value(((Instruction.TiedReduce) current()).offset());
    }

    void scatter(StateEntry entry, DoubleTensor whole) {
        places(entry)
                .forEach((element, address) ->
                        memory.write(entry.type().element(), address, 0, whole.values()[element]));
    }

    void gather(StateEntry entry, ProgramInterpreter.Assembly assembly) {
        places(entry)
                .forEach((element, address) -> assembly.put(
                        entry.type(), element, memory.read(entry.type().element(), address, 0)));
    }

    private StatePlaces places(StateEntry entry) {
        return new StatePlaces(entry, coordinates);
    }

    @Override
    public String toString() {
        return coordinates.toString();
    }
}
