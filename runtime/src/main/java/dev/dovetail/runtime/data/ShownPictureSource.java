package dev.dovetail.runtime.data;

/** A file of pictures that a model says something of. */
public record ShownPictureSource(PictureFile file, PictureShape shape, Telling telling) implements DataSource {
    @Override
    public ShownPictures read() {
        return ShownPictures.of(file.read(), shape, telling);
    }

    @Override
    public String label() {
        return file.label();
    }

    @Override
    public String lossUnit() {
        return telling.inWords() ? "nats per letter" : "nats per picture";
    }
}
