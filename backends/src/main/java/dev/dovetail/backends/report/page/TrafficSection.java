package dev.dovetail.backends.report.page;

import dev.dovetail.backends.report.ReportData;
import java.util.List;

/** Bytes that ranks sent to each other in a step. */
final class TrafficSection implements Section {
    @Override
    public String id() {
        return "traffic";
    }

    @Override
    public String title() {
        return "Traffic between ranks";
    }

    @Override
    public boolean applies(ReportData data) {
        return data.run().map(run -> !run.sent().isEmpty()).orElse(false);
    }

    @Override
    public void write(ReportData data, Html html) {
        Parts.table(
                html,
                "Sent by all ranks together in one step (measured)",
                List.of("exchange", "tensor bytes", "framing bytes", "messages"),
                data.run().orElseThrow().sent().entrySet().stream()
                        .map(sent -> List.of(
                                sent.getKey(),
                                sent.getValue().payload().toString(),
                                sent.getValue().framing().toString(),
                                Words.count(sent.getValue().messages())))
                        .toList());
    }
}
