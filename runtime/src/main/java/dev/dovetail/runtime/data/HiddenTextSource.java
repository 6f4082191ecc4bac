package dev.dovetail.runtime.data;

/** A text, read to be hidden in part. */
public record HiddenTextSource(DataSource text, Hiding hiding) implements DataSource {
    @Override
    public HiddenText read() {
        if (!(text.read() instanceof Corpus corpus)) {
            throw new IllegalArgumentException(text.label() + " is no text");
        }
        return new HiddenText(corpus, hiding);
    }

    @Override
    public String label() {
        return text.label();
    }

    @Override
    public String lossUnit() {
        return hiding.lossUnit();
    }
}
