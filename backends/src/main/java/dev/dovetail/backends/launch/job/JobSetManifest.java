package dev.dovetail.backends.launch.job;

import dev.dovetail.backends.launch.LaunchFile;
import dev.dovetail.backends.launch.YamlText;
import java.util.List;
import java.util.Map;

/** A JobSet for Kubernetes (jobset.x-k8s.io/v1alpha2): its pods have names of their own, and it starts over as a whole. */
final class JobSetManifest implements LaunchScript {
    private static final String REPLICATED = "ranks";
    private static final int RESTARTS = 3;

    @Override
    public LaunchFile write(JobLaunch job) {
        String name = job.label();
        // A JobSet names its pods NAME-REPLICATED-JOB-POD, below a subdomain of its own name.
        var pods = new RankPods(job, name + "-" + REPLICATED + "-0-0." + name);
        Map<String, Object> set = YamlText.map(
                "apiVersion",
                "jobset.x-k8s.io/v1alpha2",
                "kind",
                "JobSet",
                "metadata",
                YamlText.map("name", name),
                "spec",
                YamlText.map(
                        "network", YamlText.map("enableDNSHostnames", true, "publishNotReadyAddresses", true),
                        // All ranks go on from the last checkpoint together.
                        "failurePolicy", YamlText.map("maxRestarts", RESTARTS),
                        "replicatedJobs",
                                List.of(YamlText.map(
                                        "name",
                                        REPLICATED,
                                        "replicas",
                                        1,
                                        "template",
                                        YamlText.map("spec", pods.indexedJob(Map.of()))))));
        return new LaunchFile("jobset.yaml", job.comments("", RankPods.NEEDS) + YamlText.document(set));
    }
}
