package dev.dovetail.optimizer.cost;

import dev.dovetail.ir.cluster.Cluster;
import dev.dovetail.ir.cluster.Device;
import dev.dovetail.ir.cluster.Node;
import dev.dovetail.ir.job.ProductClass;
import dev.dovetail.ir.job.ProductFormat;
import dev.dovetail.ir.op.Combine;
import dev.dovetail.ir.op.Communication.Kind;
import dev.dovetail.ir.op.Dispatch;
import dev.dovetail.ir.program.Instruction;
import dev.dovetail.ir.program.MeshShape;
import dev.dovetail.ir.program.RankClass;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.timing.Flights;
import dev.dovetail.ir.timing.InstructionCost;
import dev.dovetail.ir.units.BytesPerSecond;
import dev.dovetail.ir.units.Seconds;
import dev.dovetail.optimizer.engine.Engine;
import dev.dovetail.optimizer.law.CollectiveLaw;
import dev.dovetail.optimizer.law.DeviceLaws;
import dev.dovetail.optimizer.law.FormatLaw;
import dev.dovetail.optimizer.law.MatMulLaw;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Time on a catalogued device: the kernels that an engine runs for each instruction, by the laws of the device's family, and
 * exchanges over the link that their axis crosses. Arithmetic slows with the clock; memory and links do not.
 *
 * <p>One class, because what an exchange takes depends on the products beside it and both on the clock.
 */
public final class DeviceCost implements InstructionCost {
    /**
     * Standard deviation of devices' speed under one power limit. Sinha et al. (SC'22, arXiv:2208.11035) find products to vary by
     * 8 % over the GPUs of a cluster, from best to worst.
     */
    private static final double SPREAD = 0.03;

    /** Ranks that exchange wait for the slowest of their hosts: so much longer for each further one. */
    private static final double SLOWEST_HOST = 0.03;

    private static final int DGX_1 = 8;

    /** Bytes on the way where 16-bit activations are converted to fp8 before they are gathered. */
    private static final double NARROW_GATHER = 0.5;

    private final Cluster cluster;
    private final Device device;
    private final DeviceLaws laws;
    private final Engine engine;
    private final EngineKernels kernels;
    private final MeshShape mesh;
    private final double slowdown;

    private DeviceCost(Cluster cluster, Engine engine, MeshShape mesh, double slowdown) {
        this.cluster = cluster;
        this.device = cluster.node().device();
        this.laws = DeviceLaws.of(device);
        this.engine = engine;
        this.kernels = new EngineKernels(engine);
        this.mesh = mesh;
        this.slowdown = slowdown;
    }

    /** @param clockMhz the clock set; 0 for whatever the device does */
    public static DeviceCost of(Cluster cluster, Engine engine, MeshShape mesh, int clockMhz) {
        Device device = cluster.node().device();
        Optional<Device.Clocks> clocks = device.clocks();
        double set =
                clockMhz == 0 || clocks.isEmpty() ? 1 : (double) clocks.get().highestMhz() / clockMhz;
        double limited = capped(device.power()) / fed(device);
        double slowdown = clocks.isEmpty() ? limited : Math.max(set, limited);
        return new DeviceCost(cluster, engine, mesh, slowdown * slowest(cluster));
    }

    /**
     * How much slower the slowest of a cluster's devices is than the usual one, which all wait for in the end. Arrays whose program sets
     * every cycle do not differ within a slice, slices do.
     */
    private static double slowest(Cluster cluster) {
        double apart = cluster.node().device().family() == Device.Family.TPU
                ? Math.max(1, (double) cluster.devices() / cluster.node().domain())
                : cluster.devices();
        return 1 + SPREAD * Math.sqrt(2 * Math.log(apart));
    }

    /** How much slower a device clocks that may draw less than its limit: dynamic power grows with a power of the clock. */
    private static double capped(Device.Power power) {
        double idle = power.idle().value();
        double share = (power.cap().value() - idle) / (power.limit().value() - idle);
        return share < 1 ? Math.pow(share, -1 / DeviceConstants.ACCELERATOR.power()) : 1;
    }

    /**
     * How much faster a device clocks than the one its family's laws were measured on, whose products ran into the power limit:
     * more watts for each flop of its peak leave it a higher clock.
     */
    private static double fed(Device device) {
        double reference = DeviceLaws.of(device).wattsPerTeraflop();
        var peak = device.compute().get(ElementType.BF16);
        if (reference == 0 || peak == null) {
            return 1;
        }
        double watts = device.power().limit().value() / (peak.value() / 1e12);
        return Math.pow(watts / reference, 1 / DeviceConstants.ACCELERATOR.power());
    }

    @Override
    public Seconds seconds(RankClass rank, Instruction instruction) {
        return Seconds.of(seconds(instruction, kernels.alone(instruction), 1));
    }

    @Override
    public double[] seconds(RankClass rank, List<Instruction> body) {
        List<List<Kernel>> all = kernels.of(body);
        double[] seconds = new double[body.size()];
        double copies = engine.traffic().sendsOnce() ? copies(body) : 1;
        for (int i = 0; i < seconds.length; i++) {
            seconds[i] = seconds(body.get(i), all.get(i), copies);
        }
        for (int gather : kernels.narrowGathers(body)) {
            seconds[gather] *= NARROW_GATHER;
        }
        repeatKeys(body, seconds);
        hide(body, seconds);
        stretchToHost(body, all, seconds);
        return Flights.awaited(body, seconds, besideWork());
    }

    /** What travels while kernels run slows them down as traffic of the data axis does. */
    @Override
    public double besideWork() {
        return 1 - engine.traffic().exposed();
    }

    /**
     * Leaves of exchanges inside a layer what does not run beside products: along the tensor axis, pieces of an exchange travel beside
     * pieces of the products that it feeds or ends, so no more of it than those take. Along the context axis the next stretch of keys
     * travels while attention works on this one.
     */
    private void hide(List<Instruction> body, double[] seconds) {
        if (engine.traffic().hiddenTensor() == 0 && engine.traffic().hiddenQueues() == 0) {
            return;
        }
        double[] beside = EngineKernels.besideProducts(body, seconds);
        double ring = ring(body, seconds);
        for (int i = 0; i < seconds.length; i++) {
            if (body.get(i) instanceof Instruction.Exchange e) {
                double hidden = (circles(e) ? ring : hidden(e.op().axis())) * seconds[i];
                seconds[i] -= e.op().axis().equals(MeshShape.TENSOR) ? Math.min(hidden, beside[i]) : hidden;
            }
        }
    }

    /** Whether an exchange brings ranks that share a sequence the keys of each other, or takes their gradients back. */
    private static boolean circles(Instruction.Exchange exchange) {
        return exchange.op().axis().equals(MeshShape.CONTEXT) && exchange.op().kind() != Kind.ALL_TO_ALL;
    }

    /** Share of what circles among the ranks of a sequence that attention hides. */
    private double ring(List<Instruction> body, double[] seconds) {
        double circling = 0;
        double attending = 0;
        for (int i = 0; i < seconds.length; i++) {
            if (body.get(i) instanceof Instruction.Exchange e && circles(e)) {
                circling += seconds[i];
            } else if (EngineKernels.attends(body.get(i))) {
                attending += seconds[i];
            }
        }
        boolean hides = engine.kernels().ring().hidden() && circling > 0;
        return hides
                ? Math.min(circling, attending)
                        / circling
                        * (1 - engine.traffic().exposed())
                : 0;
    }

    /** Keys and values that are repeated for all query heads before they travel take so much longer, gradients in fp32 twice. */
    private void repeatKeys(List<Instruction> body, double[] seconds) {
        if (!engine.kernels().ring().repeated() || mesh.size(MeshShape.CONTEXT) == 1) {
            return;
        }
        double repeated = EngineKernels.repetition(body);
        for (int i = 0; i < seconds.length; i++) {
            if (body.get(i) instanceof Instruction.Exchange e && e.op().axis().equals(MeshShape.CONTEXT)) {
                seconds[i] *= repeated * (e.op().kind() == Kind.REDUCE_SCATTER ? 2 : 1);
            }
        }
    }

    /** Layers of many small kernels take as long as the host needs to launch them; what the data axis exchanges goes on beside. */
    private void stretchToHost(List<Instruction> body, List<List<Kernel>> all, double[] seconds) {
        double device = 0;
        int launches = 0;
        for (int i = 0; i < seconds.length; i++) {
            if (isLaunched(body.get(i))) {
                device += seconds[i];
                launches +=
                        body.get(i) instanceof Instruction.Compute ? all.get(i).size() : 1;
            }
        }
        double waiting = 1 + SLOWEST_HOST * (mesh.size(MeshShape.TENSOR) - 1);
        double host = launches * engine.host().perKernel().value() * waiting;
        for (int i = 0; host > device && i < seconds.length; i++) {
            seconds[i] *= isLaunched(body.get(i)) ? host / device : 1;
        }
    }

    private static boolean isLaunched(Instruction instruction) {
        return instruction instanceof Instruction.Compute
                || instruction instanceof Instruction.Exchange
                || instruction instanceof Instruction.Begin;
    }

    /** How many experts' queues of a body hold a token. */
    private static double copies(List<Instruction> body) {
        double most = 1;
        for (Instruction instruction : body) {
            if (instruction instanceof Instruction.Compute c) {
                double first = c.operands().getFirst().type().elements();
                double result = c.results().getFirst().type().elements();
                most = switch (c.op()) {
                    case Dispatch d -> Math.max(most, result / first);
                    case Combine m -> Math.max(most, first / result);
                    default -> most;
                };
            }
        }
        return most;
    }

    /**
     * Share of the pieces of a token that go to different nodes, where those for one node travel as one.
     *
     * @param copies pieces, each to any node alike
     */
    private static double apart(double nodes, double copies) {
        return nodes * (1 - Math.pow(1 - 1 / nodes, copies)) / copies;
    }

    /** @param copies of a token in the queues of its experts */
    private double seconds(Instruction instruction, List<Kernel> run, double copies) {
        return switch (instruction) {
            case Instruction.Exchange e ->
                collective(
                        e.op().kind(),
                        e.op().axis(),
                        e.op().bytesSent(e.operand().type()),
                        e.op().axis().equals(MeshShape.EXPERT) ? copies : 1);
            case Instruction.Begin b -> seconds(b.exchange(), run, copies);
            case Instruction.Await a -> 0;
            case Instruction.FlatExchange f ->
                collective(f.kind(), f.axis(), f.bytesSent() * carried(f), 1) / reached(f) + oneByOne(f);
            case Instruction.TiedReduce t ->
                message((double) t.elements() * t.element().bytes());
            case Instruction.Receive r ->
                engine.traffic().blocksOnMessages() && r.distance() != 0
                        ? message(r.buffer().type().bytes())
                        : 0;
            case Instruction.Compute c -> total(run);
            case Instruction.Zero z -> total(run);
            case Instruction.Update u -> total(run);
            case Instruction.Move m -> m.bytes() / beside(m).value();
            case Instruction.RecordLoss l -> total(run);
            case Instruction.Send s -> 0;
            case Instruction.Load l -> 0;
            case Instruction.Allocate a -> 0;
            case Instruction.Free f -> 0;
            case Instruction.Deliver d -> 0;
        };
    }

    /**
     * How fast a device reaches slower memory: all of a node's devices do so at once, over the bus that its network cards are on.
     */
    private BytesPerSecond beside(Instruction.Move move) {
        Node node = cluster.node();
        double share = 1.0 / node.devices();
        BytesPerSecond bus = node.scaleOut();
        return switch (move.tier()) {
            case HOST ->
                node.host()
                        .map(host -> host.bandwidth().times(share))
                        .map(each -> slower(each, bus))
                        .orElseThrow(() -> new MissingFigureException(node.name() + " has no figure for its host"));
            case STORAGE ->
                node.storage()
                        .map(drives -> (move.fetches() ? drives.read() : drives.write()).times(share))
                        .map(each -> slower(each, bus))
                        .orElseThrow(() -> new MissingFigureException(node.name() + " has no figure for its drives"));
        };
    }

    private static BytesPerSecond slower(BytesPerSecond one, BytesPerSecond other) {
        return one.value() < other.value() ? one : other;
    }

    /** Share of an exchange inside a layer that runs beside products. */
    private double hidden(String axis) {
        return switch (axis) {
            case MeshShape.EXPERT -> engine.traffic().hiddenQueues();
            default -> engine.traffic().hiddenTensor();
        };
    }

    /** What weights take longer that their owners broadcast one by one between nodes. */
    private double oneByOne(Instruction.FlatExchange exchange) {
        Reach reach = Reach.along(exchange.axis(), mesh, cluster);
        boolean gathers = exchange.kind() == Kind.ALL_GATHER && !reach.inside();
        return gathers ? laws.network().broadcasts(engine.traffic().broadcasts(), reach.ways(), reach.domains()) : 0;
    }

    private static boolean reduces(Instruction.FlatExchange exchange) {
        return exchange.kind() != Kind.ALL_GATHER && MeshShape.holdsCopies(exchange.axis());
    }

    /** Share of an exchange's rate that is reached: less where gradients are reduced piece by piece over the network. */
    private double reached(Instruction.FlatExchange exchange) {
        boolean travels = mesh.size(exchange.axis()) > 1
                && !Reach.along(exchange.axis(), mesh, cluster).inside();
        return reduces(exchange) && travels ? engine.traffic().reducing() : 1;
    }

    /** Bytes on the way for each byte of a gradient as it is accumulated. */
    private double carried(Instruction.FlatExchange exchange) {
        Optional<ElementType> type = engine.traffic().gradients();
        return reduces(exchange) && type.isPresent()
                ? Math.min(1, (double) type.get().bytes() / exchange.element().bytes())
                : 1;
    }

    @Override
    public Seconds flight(RankClass sender, Instruction.Send send) {
        return engine.traffic().blocksOnMessages() || send.distance() == 0
                ? Seconds.ZERO
                : Seconds.of(message(send.buffer().type().bytes()));
    }

    private double total(List<Kernel> run) {
        double sum = 0;
        for (Kernel kernel : run) {
            sum += switch (kernel) {
                case Kernel.Product p -> product(p);
                case Kernel.Attention a -> attention(a);
                case Kernel.Chunks c -> laws.chunks().seconds(c.flops(), c.backward(), slowdown);
                case Kernel.Stream s -> stream(s.bytes());
            };
        }
        return sum;
    }

    private double product(Kernel.Product product) {
        double peak = rate(product.element());
        return product.linear()
                .map(kind -> engine.products().of(kind))
                .flatMap(format -> laws.format(format).map(law -> narrow(product, format, law)))
                .orElseGet(() -> laws.products().seconds(product.shape(), peak, slowdown, bandwidth()));
    }

    private double narrow(Kernel.Product product, ProductFormat format, FormatLaw law) {
        MatMulLaw.Shape s = product.shape();
        var shape = new MatMulLaw.Shape(s.batch(), s.m(), s.n(), s.k(), law.operandBytes(), s.resultBytes());
        double converting = product.converted() * law.convertBytes();
        return law.product().seconds(shape, narrowRate(format), slowdown, bandwidth())
                + converting / (bandwidth() * laws.streams().share());
    }

    private double attention(Kernel.Attention a) {
        double busy = laws.attention()
                .get(engine.kernels().attention())
                .seconds(
                        a.flops(),
                        a.keys(),
                        a.headDim(),
                        a.backward(),
                        narrowAttention(),
                        rate(a.element()) / slowdown);
        return Math.max(busy, stream(a.bytes()));
    }

    private boolean narrowAttention() {
        return engine.kernels().fused().narrowAttention()
                && engine.products().of(ProductClass.ATTENTION) == ProductFormat.MXFP8;
    }

    private double stream(double bytes) {
        return laws.streams().seconds(bytes, bandwidth());
    }

    private double bandwidth() {
        return device.bandwidth().value();
    }

    private double narrowRate(ProductFormat format) {
        return format.operands()
                .map(device.narrow()::get)
                .map(known -> known.value() * kept())
                .orElseThrow(() -> new MissingFigureException(device.name() + " lists no rate of matrix products in "
                        + format.name().toLowerCase(Locale.ROOT)));
    }

    private double kept() {
        return engine.host().brief() ? 1 : laws.sustained();
    }

    /** Rate of matrix products at the highest clock that a long run keeps. */
    private double rate(ElementType element) {
        var known = device.compute().get(element);
        if (known == null) {
            throw new MissingFigureException(device.name() + " lists no rate of matrix products in "
                    + element.name().toLowerCase(Locale.ROOT));
        }
        return known.value() * kept();
    }

    private double collective(Kind kind, String axis, double bytesSent, double copies) {
        if (kind == Kind.SLICE || mesh.size(axis) == 1) {
            return 0;
        }
        Reach reach = Reach.along(axis, mesh, cluster).pooling(engine.traffic().pooledCards(), cluster);
        boolean reducing = kind == Kind.ALL_REDUCE;
        if (reach.inside()) {
            return links(reach.ways())
                    .seconds(
                            bytesSent, reach.ways(), reducing, reach.bandwidth().value());
        }
        if (kind == Kind.ALL_TO_ALL) {
            return scattered(reach, bytesSent, copies);
        }
        int hops = 32 - Integer.numberOfLeadingZeros(reach.ways() - 1);
        double bandwidth = reach.bandwidth().value();
        return reach.latency().value() * hops * (reducing ? 2 : 1)
                + (reducing
                        ? laws.network().reduction(bytesSent, reach.ways(), reach.domains(), bandwidth)
                        : laws.network().exchange(bytesSent, bandwidth));
    }

    /** Eight V100s have no switch between them; sixteen do. */
    private CollectiveLaw links(int ways) {
        boolean cubeMesh =
                device.family() == Device.Family.VOLTA && cluster.node().domain() == DGX_1 && ways <= DGX_1;
        return cubeMesh ? laws.links().over(CollectiveLaw.cubeMesh(ways)) : laws.links();
    }

    /**
     * Each rank's pieces for ranks of other domains leave through its own card, those for its neighbours beside them over the
     * links inside.
     */
    private double scattered(Reach reach, double bytesSent, double copies) {
        double leaving = bytesSent * (reach.ways() - reach.members()) / (reach.ways() - 1);
        double abroad = leaving * apart((double) reach.ways() / reach.members(), copies);
        Reach card = reach.pooling(false, cluster);
        double outside = reach.latency().value()
                + laws.network().message(abroad, card.bandwidth().value());
        double within = reach.members() == 1
                ? 0
                : laws.links()
                        .seconds(
                                bytesSent - leaving,
                                reach.members(),
                                false,
                                cluster.node().within().bandwidth().value());
        return Math.max(outside, within);
    }

    /** Whether a rank that receives waits for a message on its way. */
    boolean waitsForMessages() {
        return engine.traffic().blocksOnMessages();
    }

    /** A message to a node of another kind: each leaves or enters through a card of its own, and the slower one sets the pace. */
    Seconds abroad(DeviceCost there, double bytes) {
        return Seconds.of(
                Math.max(message(bytes, Reach.abroad(cluster)), there.message(bytes, Reach.abroad(there.cluster))));
    }

    private double message(double bytes) {
        return message(bytes, Reach.neighbours(MeshShape.PIPELINE, mesh, cluster));
    }

    private double message(double bytes, Reach reach) {
        double share = engine.traffic().messages()
                * (reach.inside() ? laws.links().best() / laws.network().share() : 1);
        return reach.latency().value()
                + laws.network().message(bytes, reach.bandwidth().value() * share);
    }
}
