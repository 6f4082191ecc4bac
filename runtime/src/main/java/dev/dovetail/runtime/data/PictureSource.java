package dev.dovetail.runtime.data;

/** A file of pictures that a diffusion model trains on. */
public record PictureSource(PictureFile file, PictureShape shape, Noising noising) implements DataSource {
    @Override
    public NoisedPictures read() {
        return NoisedPictures.of(file.read(), shape, noising);
    }

    @Override
    public String label() {
        return file.label();
    }

    @Override
    public String lossUnit() {
        return "mean squared error";
    }
}
