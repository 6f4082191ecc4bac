package dev.dovetail.cli.compile;

import dev.dovetail.backends.java.JobHeader;
import dev.dovetail.backends.launch.LaunchFile;
import dev.dovetail.backends.launch.handover.HandOver;
import dev.dovetail.backends.launch.handover.HandOverCatalog;
import dev.dovetail.backends.launch.handover.NotExpressible;
import dev.dovetail.backends.launch.handover.PlannedTraining;
import dev.dovetail.cli.CommandFailure;
import dev.dovetail.cli.ExitStatus;
import dev.dovetail.cli.Version;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A plan in the terms of the systems it can be handed over to. */
public record HandOvers(Compilation compilation, String command) {

    /**
     * What could be written, and why the rest could not.
     *
     * @param refusals one line each, naming system and reason
     */
    public record Written(List<LaunchFile> files, List<String> refusals) {
        public Written {
            files = List.copyOf(files);
            refusals = List.copyOf(refusals);
        }
    }

    /** For every system that can follow the plan. */
    public Written all() {
        var files = new ArrayList<LaunchFile>();
        var refusals = new ArrayList<String>();
        for (HandOver target : HandOverCatalog.standard().targets()) {
            try {
                files.addAll(target.write(planned()));
            } catch (NotExpressible refused) {
                refusals.add(refused.getMessage());
            }
        }
        return new Written(files, refusals);
    }

    /** For one system; fails with status 1 where it cannot follow the plan. */
    public List<LaunchFile> to(HandOver target) {
        try {
            return target.write(planned());
        } catch (NotExpressible refused) {
            throw CommandFailure.of(
                    ExitStatus.WRONG_INPUT,
                    refused.getMessage(),
                    "fix another value, or hand the plan to a system that can: " + others());
        }
    }

    private String others() {
        var able = HandOverCatalog.standard().targets().stream()
                .filter(this::isAble)
                .map(HandOver::name)
                .toList();
        return able.isEmpty() ? "none of those known can" : String.join(", ", able);
    }

    private boolean isAble(HandOver target) {
        try {
            return !target.write(planned()).isEmpty();
        } catch (NotExpressible refused) {
            return false;
        }
    }

    /** What {@code --emit=SYSTEM --json} prints. */
    public static Map<String, Object> json(HandOver target, List<LaunchFile> files) {
        var texts = new LinkedHashMap<String, Object>();
        files.forEach(file -> texts.put(file.name(), file.text()));
        var json = new LinkedHashMap<String, Object>();
        json.put("schema", 1);
        json.put("target", target.name());
        json.put("repository", target.source().repository());
        json.put("commit", target.source().commit());
        json.put("files", texts);
        return json;
    }

    private PlannedTraining planned() {
        var header = new JobHeader(
                Version.number(), command, compilation.job().origin().toString(), compilation.choices());
        return new PlannedTraining(
                compilation.job(), compilation.plan(), header.text().lines().toList());
    }
}
