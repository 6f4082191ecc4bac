package dev.dovetail.runtime.sample;

import java.util.Arrays;
import java.util.function.IntConsumer;

/** Writes on: reads a prompt, then picks token after token and hands each out as soon as it is known. */
public final class Generation {
    private final Decoder decoder;
    private final Choice choice;

    public Generation(Decoder decoder, Choice choice) {
        this.decoder = decoder;
        this.choice = choice;
    }

    /**
     * Continues {@code prompt} by {@code count} tokens. When the context is full, the last half of the text is read
     * again and goes on from there.
     *
     * @param out gets each token when it is picked
     */
    public void run(int[] prompt, int count, IntConsumer out) {
        if (prompt.length == 0) {
            throw new IllegalArgumentException("a text is continued from at least one token");
        }
        int[] text = Arrays.copyOf(prompt, prompt.length + count);
        double[] logits = new double[decoder.vocabulary()];
        int read = restart(text, prompt.length, logits);
        for (int i = 0; i < count; i++) {
            int at = prompt.length + i;
            text[at] = choice.pick(logits, i);
            out.accept(text[at]);
            if (i + 1 == count) {
                return;
            }
            if (read == decoder.contextLimit()) {
                read = restart(text, at + 1, logits);
            } else {
                decoder.read(new int[] {text[at]}, logits);
                read++;
            }
        }
    }

    /** Reads the end of the first {@code length} tokens anew; says how many that were. */
    private int restart(int[] text, int length, double[] logits) {
        decoder.reset();
        int kept = length < decoder.contextLimit() ? length : Math.max(1, decoder.contextLimit() / 2);
        decoder.read(Arrays.copyOfRange(text, length - kept, length), logits);
        return kept;
    }
}
