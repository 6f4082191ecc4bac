package dev.dovetail.backends.launch.job;

import dev.dovetail.backends.launch.LaunchFile;

/** A batch script for Slurm: one task a rank. */
final class SlurmScript implements LaunchScript {
    /** Time to save before a time limit ends the job. */
    private static final int SECONDS_TO_SAVE = 120;

    @Override
    public LaunchFile write(JobLaunch job) {
        String text = "#!/bin/sh\n"
                + job.comments(
                        "",
                        "cd to the folder that holds job.jar, one that all nodes share, then: sbatch launch/slurm.sbatch",
                        "What Slurm needs besides (-A, -p, --time) goes before the script; job options go behind it.")
                + "#SBATCH --job-name=" + job.label() + "\n"
                + "#SBATCH --ntasks=" + job.ranks() + "\n"
                + "#SBATCH --cpus-per-task=" + job.threads() + "\n"
                + "#SBATCH --mem-per-cpu=" + Math.ceilDiv(job.memoryMebibytes(), job.threads()) + "M\n"
                + "#SBATCH --signal=TERM@" + SECONDS_TO_SAVE + "\n"
                + "set -eu\n"
                + "DIR=${DOVETAIL_DIR:-$SLURM_SUBMIT_DIR}\n"
                + "[ -f \"$DIR/job.jar\" ] || { echo \"no job.jar in $DIR: submit from its folder,"
                + " or set DOVETAIL_DIR\" >&2; exit 1; }\n"
                + "# Steps do not take over the number of cores of a task by themselves (Slurm 22.05 and later).\n"
                + "exec srun --kill-on-bad-exit=1 --cpus-per-task=" + job.threads() + " "
                + ShellText.command(ShellText.JAVA, job.arguments("$DIR", "slurm"));
        return new LaunchFile("slurm.sbatch", text);
    }
}
