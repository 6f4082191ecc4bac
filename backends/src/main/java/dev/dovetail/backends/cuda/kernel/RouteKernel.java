package dev.dovetail.backends.cuda.kernel;

import dev.dovetail.backends.cuda.CudaKernel;
import dev.dovetail.backends.cuda.IndexLoops;
import dev.dovetail.backends.cuda.KernelFile;
import dev.dovetail.backends.cuda.KernelRequest;
import dev.dovetail.backends.cuda.LaunchShape;
import dev.dovetail.ir.op.Route;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.TensorType;
import java.util.List;

/** Routing: one thread per token marks its experts, then one thread per queue numbers the tokens that marked it. */
public final class RouteKernel {
    private static final int THREADS = 128;

    private static final String CHOOSE = """
            const int token = static_cast<int>(blockIdx.x) * THREADS + static_cast<int>(threadIdx.x);
            if (token >= tokens_here) {
                return;
            }
            const long long row = static_cast<long long>(token) * ROUTES;
            unsigned long long open_groups = ~0ULL;
            const auto preference = [&](int expert) {
                const bool open = (open_groups >> (expert / GROUP_SIZE)) & 1;
                return open ? load(&scores[row + expert])BIAS : negative_infinity<real>();
            };
            for (int expert = 0; expert < ROUTES; expert++) {
                places[row + expert] = UNCHOSEN;
            }
            GROUPS_CLOSED
            // Choices in falling order: each is the best that stands behind the one before; equal scores prefer the lower.
            real last_score = real(0);
            int last = -1;
            for (int choice = 0; choice < CHOICES; choice++) {
                real best_score = real(0);
                int best = -1;
                for (int expert = 0; expert < ROUTES; expert++) {
                    const real score = preference(expert);
                    const bool left = last < 0 || score < last_score || (score == last_score && expert > last);
                    if (left && (best < 0 || score > best_score)) {
                        best_score = score;
                        best = expert;
                    }
                }
                places[row + best] = 0;
                last_score = best_score;
                last = best;
            }
            """;

    private static final String CLOSE_GROUPS = """
            real votes[GROUPS];
            for (int group = 0; group < GROUPS; group++) {
                real last_vote = real(0);
                int last_member = -1;
                real sum = real(0);
                for (int vote = 0; vote < VOTES; vote++) {
                    real best_vote = real(0);
                    int best_member = -1;
                    for (int member = group * GROUP_SIZE; member < (group + 1) * GROUP_SIZE; member++) {
                        const real score = preference(member);
                        const bool left = last_member < 0 || score < last_vote || (score == last_vote && member > last_member);
                        if (left && (best_member < 0 || score > best_vote)) {
                            best_vote = score;
                            best_member = member;
                        }
                    }
                    sum += best_vote;
                    last_vote = best_vote;
                    last_member = best_member;
                }
                votes[group] = sum;
            }
            unsigned long long kept = 0;
            for (int group = 0; group < GROUPS; group++) {
                int ahead = 0;
                for (int other = 0; other < GROUPS; other++) {
                    ahead += votes[other] > votes[group] || (votes[other] == votes[group] && other < group) ? 1 : 0;
                }
                kept |= ahead < KEPT_GROUPS ? 1ULL << group : 0ULL;
            }
            open_groups = kept;
            """;

    private static final String NUMBER = """
            const int queue = static_cast<int>(blockIdx.x) * THREADS + static_cast<int>(threadIdx.x);
            if (queue >= BATCH * ROUTES) {
                return;
            }
            int queued = 0;
            for (int position = 0; position < positions_here; position++) {
                const long long at = static_cast<long long>(position) * BATCH * ROUTES + queue;
                if (places[at] >= 0) {
                    places[at] = queued < CAPACITY ? queued : DROPPED;
                    queued++;
                }
            }
            """;

    private RouteKernel() {}

    public static CudaKernel of(KernelRequest request, Route op) {
        var work = request.work();
        TensorType scores = work.operands().getFirst();
        boolean biased = work.operands().size() > 1;
        if (op.groups() > Long.SIZE) {
            throw new IllegalArgumentException("a token's groups are bits of one word, not " + op.groups());
        }
        var names = biased ? List.of("scores", "bias") : List.of("scores");
        var file = new KernelFile(request, names, List.of("places"));
        long routes = scores.dims().get(2).bound();
        file.declarations()
                .constant("THREADS", THREADS)
                .constant("ROUTES", routes)
                .constant("BATCH", scores.dims().get(1).bound())
                .constant("CHOICES", op.choices())
                .constant("CAPACITY", op.capacity())
                .constant("GROUP_SIZE", routes / op.groups())
                .constant("UNCHOSEN", Route.UNCHOSEN)
                .constant("DROPPED", Route.DROPPED);
        boolean closes = op.keptGroups() < op.groups();
        if (closes) {
            file.declarations()
                    .constant("GROUPS", op.groups())
                    .constant("KEPT_GROUPS", op.keptGroups())
                    .constant("VOTES", op.groupVotes());
        }
        List<Dim> tokens = scores.dims().subList(0, 2);
        String choose = "const int tokens_here = " + IndexLoops.count(tokens) + ";\n"
                + CHOOSE.replace("BIAS", biased ? " + load(&bias[expert])" : "")
                        .replace("GROUPS_CLOSED\n", closes ? CLOSE_GROUPS : "");
        String number = "const int positions_here = " + IndexLoops.count(tokens.subList(0, 1)) + ";\n" + NUMBER;
        List<Dim> queues = scores.dims().subList(1, 3);
        return file.choose("one thread per token, then one per queue")
                .entry("choose", LaunchShape.linear(tokens, THREADS, THREADS), choose)
                .entry("number", LaunchShape.linear(queues, THREADS, THREADS), number)
                .build();
    }
}
