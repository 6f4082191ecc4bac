package dev.dovetail.backends.launch.job;

import java.util.List;

/** Every way to start a job on several hosts: a new one is its file and a line here. */
public record LaunchScriptCatalog(List<LaunchScript> scripts) {

    public LaunchScriptCatalog {
        scripts = List.copyOf(scripts);
    }

    public static LaunchScriptCatalog standard() {
        return new LaunchScriptCatalog(
                List.of(new SlurmScript(), new MpirunScript(), new JobSetManifest(), new IndexedJobManifest()));
    }
}
