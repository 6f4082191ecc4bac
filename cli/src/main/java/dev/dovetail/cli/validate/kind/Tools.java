package dev.dovetail.cli.validate.kind;

import dev.dovetail.cli.validate.predict.Predictor;
import dev.dovetail.cli.validate.row.Hardware;
import dev.dovetail.cli.validate.row.KnownModels;

/** What kinds of table predict with. */
public record Tools(Predictor predictor, KnownModels models, Hardware hardware) {}
