package dev.dovetail.runtime.train;

import dev.dovetail.runtime.data.BatchShare;
import dev.dovetail.runtime.data.DataSet;
import dev.dovetail.runtime.data.DataSource;
import dev.dovetail.runtime.data.HeldOut;
import dev.dovetail.runtime.memory.ElementType;
import dev.dovetail.runtime.memory.RankMemory;
import dev.dovetail.runtime.rank.Given;
import dev.dovetail.runtime.rank.StepInputs;

/** Data that tells whenever some of a batch to train on is drawn. */
record WatchedSource(DataSource source, Runnable told) implements DataSource {
    @Override
    public DataSet read() {
        return new Watched(source.read(), told);
    }

    @Override
    public String label() {
        return source.label();
    }

    private record Watched(DataSet data, Runnable told) implements DataSet {
        @Override
        public String label() {
            return data.label();
        }

        @Override
        public DataSet require(int sequence) {
            return new Watched(data.require(sequence), told);
        }

        @Override
        public String checksum() {
            return data.checksum();
        }

        @Override
        public StepInputs.Batch training(BatchShare share, long seed, long step) {
            StepInputs.Batch batch = data.training(share, seed, step);
            return new StepInputs.Batch() {
                @Override
                public void load(Given given, int microbatch, ElementType type, RankMemory memory, long offset) {
                    told.run();
                    batch.load(given, microbatch, type, memory, offset);
                }

                @Override
                public long countedTokens(int microbatch) {
                    return batch.countedTokens(microbatch);
                }
            };
        }

        @Override
        public StepInputs.Batch heldOut(BatchShare share, long seed, int number, int batches) {
            return data.heldOut(share, seed, number, batches);
        }

        @Override
        public HeldOut judged(double loss, BatchShare whole, int batches) {
            return data.judged(loss, whole, batches);
        }
    }
}
