package dev.dovetail.cli;

/** A GPT that one node of eight GPUs trains, in eighteen lines; the last of the job is a test's own. */
public final class SmallSpec {
    public static final int ATTENTION_LINE = 6;
    public static final int MLP_LINE = 7;

    private SmallSpec() {}

    public static String asking(String last) {
        return """
                model small {
                  vocab 512
                  width 256
                  context 128
                  repeat 4 {
                    attention { heads 8 }
                    mlp { inner 4 * width, activation gelu }
                  }
                }

                cluster one { nodes 1 of "DGX-A100-80GB" }

                train small on one {
                  batch 32 sequences
                  steps 100
                  precision bf16
                  minimize time
                  LAST
                }
                """.replace("LAST", last);
    }
}
