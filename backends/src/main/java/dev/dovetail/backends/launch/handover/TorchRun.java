package dev.dovetail.backends.launch.handover;

import java.util.List;

/** A shell script that starts a PyTorch program on one of its nodes; run it on each of them. */
record TorchRun(Placement placement, String target, HandOver.Source source, List<String> header) {

    /**
     * @param notes lines for the header
     * @param body lines between the header and the command
     * @param command what is behind {@code torchrun} and its options
     */
    String script(List<String> notes, List<String> body, String command) {
        var text = new StringBuilder("#!/usr/bin/env bash\n").append(comments(header, target, source));
        text.append("# Run it on each of ")
                .append(placement.nodes())
                .append(" nodes: MASTER_ADDR is the first, NODE_RANK counts from 0 (srun sets it here).\n");
        notes.forEach(note -> text.append("# ").append(note).append('\n'));
        text.append("set -eu\n");
        body.forEach(line -> text.append(line).append('\n'));
        return text.append("exec torchrun --nnodes ")
                .append(placement.nodes())
                .append(" --nproc-per-node ")
                .append(placement.perNode())
                .append(" --node-rank \"${NODE_RANK:-${SLURM_NODEID:-0}}\" \\\n")
                .append("    --master-addr \"${MASTER_ADDR:-localhost}\" --master-port \"${MASTER_PORT:-29500}\" \\\n")
                .append("    ")
                .append(command)
                .append('\n')
                .toString();
    }

    /** The lines every file opens with, as comments that begin with {@code #}. */
    static String comments(List<String> header, String target, HandOver.Source source) {
        var text = new StringBuilder();
        header.forEach(line -> text.append("# ").append(line).append('\n'));
        return text.append("# For ")
                .append(target)
                .append(", with the settings of ")
                .append(source)
                .append(".\n")
                .toString();
    }
}
