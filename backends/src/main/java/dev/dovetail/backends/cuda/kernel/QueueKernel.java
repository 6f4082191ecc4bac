package dev.dovetail.backends.cuda.kernel;

import dev.dovetail.backends.cuda.CudaKernel;
import dev.dovetail.backends.cuda.KernelFile;
import dev.dovetail.backends.cuda.KernelRequest;
import dev.dovetail.backends.cuda.LaunchShape;
import dev.dovetail.ir.op.Combine;
import dev.dovetail.ir.op.Dispatch;
import dev.dovetail.ir.op.GateGrad;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.TensorType;
import java.util.List;
import java.util.Optional;

/** Tokens into the queues of their experts and back, one block per token; no two tokens share a place, so nothing is atomic. */
public final class QueueKernel {
    private static final int THREADS = 256;

    /** The token of this block, and how its copies are found. */
    private static final String TOKEN = """
            const int thread = static_cast<int>(threadIdx.x);
            const long long token = static_cast<long long>(blockIdx.x);
            const long long batch = token % BATCH;
            const auto place_of = [=](int expert) {
                PLACE_OF
            };
            const auto queue_row = [=](int expert, int place) {
                return ((expert * BATCH + batch) * CAPACITY + place) * WIDTH;
            };
            """;

    private static final String CLEAR = """
            const long long at = static_cast<long long>(blockIdx.x) * THREADS + static_cast<long long>(threadIdx.x);
            if (at < ELEMENTS) {
                store(&queues[at], real(0));
            }
            """;

    private static final String COPY = """
            for (int expert = 0; expert < EXPERTS; expert++) {
                const int place = place_of(expert);
                if (place < 0) {
                    continue;
                }
                const real gate = GATE;
                for (int column = thread; column < WIDTH; column += THREADS) {
                    store(&queues[queue_row(expert, place) + column], gate * load(&tokens[token * WIDTH + column]));
                }
            }
            """;

    private static final String SUM = """
            for (int column = thread; column < WIDTH; column += THREADS) {
                real total = real(0);
                for (int expert = 0; expert < EXPERTS; expert++) {
                    const int place = place_of(expert);
                    if (place >= 0) {
                        total += GATE * load(&queues[queue_row(expert, place) + column]);
                    }
                }
                store(&combined[token * WIDTH + column], total);
            }
            """;

    private static final String AGREE = """
            __shared__ real scratch[32];
            for (int route = thread; route < ROUTES; route += THREADS) {
                store(&d_gates[token * ROUTES + route], real(0));
            }
            __syncthreads();
            for (int expert = 0; expert < EXPERTS; expert++) {
                const int place = place_of(expert);
                if (place < 0) {
                    continue;
                }
                real part = real(0);
                for (int column = thread; column < WIDTH; column += THREADS) {
                    part += load(&gradient[token * WIDTH + column]) * load(&queues[queue_row(expert, place) + column]);
                }
                const real total = block_reduce<Sum>(part, scratch);
                if (thread == 0) {
                    store(&d_gates[token * ROUTES + first_expert + expert], total);
                }
                __syncthreads();
            }
            """;

    private static final String PLACE = "return places[token * ROUTES + first_expert + expert];";

    /** Places of a stretch count from its first; those outside it are none. */
    private static final String PLACE_OF_STRETCH = """
            const int place = places[token * ROUTES + first_expert + expert] - FIRST_PLACE;
                return place < CAPACITY ? place : -1;""";

    private static final String GATE = "load(&gates[token * ROUTES + first_expert + expert])";

    private final KernelFile file;
    private final TensorType queues;
    private final TensorType places;
    private final Optional<String> start;
    private final Optional<Long> stretch;

    private QueueKernel(
            KernelFile file, TensorType queues, TensorType places, Optional<String> start, Optional<Long> stretch) {
        this.file = file;
        this.queues = queues;
        this.places = places;
        this.start = start;
        this.stretch = stretch;
    }

    public static CudaKernel of(KernelRequest request, Dispatch op) {
        var work = request.work();
        boolean gated = work.operands().size() > 2;
        var names = gated ? List.of("tokens", "places", "gates") : List.of("tokens", "places");
        var file = new KernelFile(request, names, List.of("queues"));
        TensorType queues = work.results().getFirst();
        return new QueueKernel(file, queues, work.operands().get(1), op.start(), op.stretch()).dispatch(gated);
    }

    public static CudaKernel of(KernelRequest request, Combine op) {
        var work = request.work();
        boolean gated = work.operands().size() > 2;
        var names = gated ? List.of("queues", "places", "gates") : List.of("queues", "places");
        var file = new KernelFile(request, names, List.of("combined"));
        var kernel =
                new QueueKernel(file, work.operands().get(0), work.operands().get(1), op.start(), op.stretch());
        return kernel.perToken("", SUM.replace("GATE", gated ? GATE : "real(1)"))
                .choose("one block per token, its copies added in the order of experts")
                .build();
    }

    public static CudaKernel of(KernelRequest request, GateGrad op) {
        var work = request.work();
        var file = new KernelFile(request, List.of("gradient", "queues", "places"), List.of("d_gates"));
        var kernel =
                new QueueKernel(file, work.operands().get(1), work.operands().get(2), op.start(), op.stretch());
        return kernel.perToken("", AGREE)
                .choose("one block per token, one product for each copy")
                .build();
    }

    private CudaKernel dispatch(boolean gated) {
        file.declarations().constant("ELEMENTS", queues.elements());
        // Strides are at the bound, so the whole buffer is cleared.
        var whole = Dim.of("queues", queues.elements());
        file.entry("clear", LaunchShape.linear(List.of(whole), THREADS, THREADS), CLEAR);
        return perToken("copy", COPY.replace("GATE", gated ? GATE : "real(1)"))
                .choose("queues cleared, then one block per token copies it")
                .build();
    }

    private KernelFile perToken(String suffix, String body) {
        List<Dim> tokens = places.dims().subList(0, 2);
        file.declarations()
                .constant("THREADS", THREADS)
                .constant("ROUTES", places.dims().get(2).bound())
                .constant("EXPERTS", queues.dims().get(0).bound())
                .constant("BATCH", queues.dims().get(1).bound())
                .constant("CAPACITY", queues.dims().get(2).bound())
                .constant("WIDTH", queues.dims().get(3).bound());
        String first = "const int first_expert = static_cast<int>(" + GatherKernel.start(start) + ");\n";
        stretch.ifPresent(place -> file.declarations().constant("FIRST_PLACE", place));
        String token = TOKEN.replace("PLACE_OF", stretch.isPresent() ? PLACE_OF_STRETCH : PLACE);
        return file.entry(suffix, LaunchShape.linear(tokens, 1, THREADS), first + token + body);
    }
}
