package dev.dovetail.runtime.data;

import dev.dovetail.runtime.random.RandomStream;

/**
 * One sample of what a diffusion model trains on.
 *
 * @param noised the picture on its way to noise, element by element
 * @param target what is to be predicted of each element
 * @param time from 0, the picture, to 1, noise
 * @param label the class that the model is told
 */
public record NoisedPicture(double[] noised, double[] target, double time, int label) {

    /** @param sample decides the noise, with the stream */
    static NoisedPicture of(
            Pictures pictures, int picture, Noising noising, double time, int label, RandomStream stream, long sample) {
        int elements = pictures.elements();
        double[] noised = new double[elements];
        double[] target = new double[elements];
        double kept = noising.picture(time);
        double added = noising.noise(time);
        stream.normals(sample * elements, elements, (at, noise) -> {
            double clean = pictures.value(picture, (int) at);
            noised[(int) at] = kept * clean + added * noise;
            target[(int) at] = noising.target(clean, noise);
        });
        return new NoisedPicture(noised, target, time, label);
    }
}
