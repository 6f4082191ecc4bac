package dev.dovetail.backends.launch.job;

import dev.dovetail.backends.launch.LaunchFile;

/** A script for Open MPI's {@code mpirun}, which starts the ranks and no more. */
final class MpirunScript implements LaunchScript {
    @Override
    public LaunchFile write(JobLaunch job) {
        String text = "#!/bin/sh\n"
                + job.comments(
                        "",
                        "sh launch/mpirun.sh [job options]; the folder above must be shared by all hosts.",
                        "MPIRUN_OPTIONS goes to mpirun: --hostfile FILE, and over several hosts also",
                        "-x DOVETAIL_RENDEZVOUS=HOST:29400 with the first host, where rank 0 runs.")
                + "set -eu\n"
                + "DIR=$(CDPATH='' cd -- \"$(dirname -- \"$0\")/..\" && pwd -P)\n"
                + "# Ranks have threads of their own: mpirun must not tie each to one core.\n"
                + "# shellcheck disable=SC2086\n"
                + "exec mpirun -np " + job.ranks() + " --bind-to none ${MPIRUN_OPTIONS:-} "
                + ShellText.command(ShellText.JAVA, job.arguments("$DIR", "openmpi"));
        return new LaunchFile("mpirun.sh", text);
    }
}
