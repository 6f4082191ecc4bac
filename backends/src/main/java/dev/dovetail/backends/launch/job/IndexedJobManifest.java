package dev.dovetail.backends.launch.job;

import dev.dovetail.backends.launch.LaunchFile;
import dev.dovetail.backends.launch.YamlText;
import java.util.Map;

/** An indexed Job with a headless Service, for a Kubernetes without JobSets. */
final class IndexedJobManifest implements LaunchScript {
    @Override
    public LaunchFile write(JobLaunch job) {
        String name = job.label();
        Map<String, Object> service = YamlText.map(
                "apiVersion",
                "v1",
                "kind",
                "Service",
                "metadata",
                YamlText.map("name", name),
                "spec",
                YamlText.map(
                        "clusterIP",
                        "None",
                        "publishNotReadyAddresses",
                        true,
                        "selector",
                        YamlText.map("batch.kubernetes.io/job-name", name)));
        // An indexed Job names its pods' hosts NAME-INDEX.
        var pods = new RankPods(job, name + "-0." + name);
        Map<String, Object> ranks = YamlText.map(
                "apiVersion",
                "batch/v1",
                "kind",
                "Job",
                "metadata",
                YamlText.map("name", name),
                "spec",
                pods.indexedJob(YamlText.map("subdomain", name)));
        return new LaunchFile(
                "indexed-job.yaml",
                job.comments("", RankPods.NEEDS) + YamlText.document(service) + YamlText.document(ranks));
    }
}
