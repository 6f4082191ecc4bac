package dev.dovetail.cli.compile;

import dev.dovetail.ir.block.ExpansionForm;
import dev.dovetail.ir.job.Start;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.model.ExpandModel;
import dev.dovetail.ir.model.Model;
import dev.dovetail.ir.print.GraphPrinter;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** What tells two jobs apart whose loss curves differ; how a job is planned does not change it. */
final class Fingerprint {
    private Fingerprint() {}

    static String of(TrainJob job) {
        Model model = ExpandModel.expand(
                job.model(),
                ExpansionForm.Training.of(job.sequence(), 1),
                job.precision().compute());
        var text = new StringBuilder();
        text.append(GraphPrinter.print(model));
        text.append(model.order())
                .append(job.data())
                .append(job.batch())
                .append(' ')
                .append(job.sequence());
        text.append(job.precision()).append(job.optimizer()).append(job.seed());
        for (Start start : job.starts()) {
            text.append(start.folder()).append(start.upcycled() ? " upcycled" : "");
        }
        return digest(text.toString());
    }

    private static String digest(String text) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash, 0, 8);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
