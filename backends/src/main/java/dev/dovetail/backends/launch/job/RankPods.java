package dev.dovetail.backends.launch.job;

import dev.dovetail.backends.launch.YamlText;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The pods of an indexed job, one a rank.
 *
 * @param firstHost where rank 0 can be found
 */
record RankPods(JobLaunch job, String firstHost) {
    static final String NEEDS =
            "Needs a volume claim of the job's name, ReadWriteMany, that holds job.jar; results go there too.";

    private static final int PORT = 29_400;
    private static final String FOLDER = "/job";
    /** Any image with a JDK 25 will do: the job itself is on the volume. */
    private static final String IMAGE = "eclipse-temurin:25-jdk";

    /** @param podExtras entries of the pods' spec besides */
    Map<String, Object> indexedJob(Map<String, Object> podExtras) {
        Map<String, Object> pod = new LinkedHashMap<>(podExtras);
        pod.put("restartPolicy", "Never");
        pod.put("containers", List.of(container()));
        pod.put(
                "volumes",
                List.of(YamlText.map("name", "job", "persistentVolumeClaim", YamlText.map("claimName", job.label()))));
        return YamlText.map(
                "completionMode", "Indexed",
                "completions", job.ranks(),
                "parallelism", job.ranks(),
                "backoffLimit", 0,
                "template", YamlText.map("spec", pod));
    }

    private Map<String, Object> container() {
        List<String> command = new ArrayList<>(List.of("java"));
        command.addAll(job.arguments(FOLDER, "kubernetes"));
        Map<String, Object> size =
                YamlText.map("cpu", Integer.toString(job.threads()), "memory", job.memoryMebibytes() + "Mi");
        return YamlText.map(
                "name", "rank",
                "image", IMAGE,
                "command", command,
                "env",
                        List.of(
                                YamlText.map("name", "DOVETAIL_WORLD", "value", Integer.toString(job.ranks())),
                                YamlText.map("name", "DOVETAIL_RENDEZVOUS", "value", firstHost + ":" + PORT)),
                "ports", List.of(YamlText.map("name", "rendezvous", "containerPort", PORT)),
                "resources", YamlText.map("requests", size, "limits", size),
                "volumeMounts", List.of(YamlText.map("name", "job", "mountPath", FOLDER)));
    }
}
