package dev.dovetail.optimizer.technique;

import java.util.List;

/** Every technique the search composes, each after those whose decisions it looks at. */
public record TechniqueCatalog(List<Technique> techniques) {

    public TechniqueCatalog {
        techniques = List.copyOf(techniques);
    }

    public static TechniqueCatalog standard() {
        return new TechniqueCatalog(List.of(
                new ProductPrecision(),
                new TensorParallel(),
                new SequenceParallel(),
                new PipelineParallel(),
                new ContextParallel(),
                new ZigzagContext(),
                new Ulysses(),
                new Offloading(),
                new ExpertParallel(),
                new DataParallel(),
                new MixedNodes(),
                new FailureTolerance(),
                new Interleaving(),
                new PipelineSchedule(),
                new ZeroBubble(),
                new VShapedPipeline(),
                new MicroBatching(),
                new ShardedDataParallel(),
                new HybridSharding(),
                new ExpertOverlap(),
                new UnevenStages(),
                new ActivationRecomputation(),
                new FrequencyScaling(),
                new InputPreparation()));
    }
}
