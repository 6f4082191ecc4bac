package dev.dovetail.runtime.sample;

import dev.dovetail.runtime.data.Pictures;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * What a classifier makes of sampled pictures, and how far they are from those the model was trained on: copies would be at 0.
 *
 * @param agreed how many look like the class asked for
 * @param accuracy of the classifier on real pictures held out
 * @param distance median to the nearest training picture, root mean square over elements
 * @param realDistance the same of real pictures held out
 */
record PictureCheck(int asked, int agreed, double accuracy, double distance, double realDistance) {

    static PictureCheck of(NearestPictures classifier, Pictures heldOut, int[] asked, double[][] pictures) {
        var answers = IntStream.range(0, pictures.length)
                .mapToObj(i -> classifier.of(pictures[i]))
                .toList();
        var real = IntStream.range(0, heldOut.count())
                .mapToObj(i -> classifier.of(IntStream.range(0, heldOut.elements())
                        .mapToDouble(e -> heldOut.value(i, e))
                        .toArray()))
                .toList();
        long agreed = IntStream.range(0, asked.length)
                .filter(i -> answers.get(i).label() == asked[i])
                .count();
        long right = IntStream.range(0, real.size())
                .filter(i -> real.get(i).label() == heldOut.classes()[i])
                .count();
        return new PictureCheck(
                asked.length,
                (int) agreed,
                (double) right / real.size(),
                median(answers.stream().mapToDouble(NearestPictures.Answer::distance)),
                median(real.stream().mapToDouble(NearestPictures.Answer::distance)));
    }

    private static double median(DoubleStream values) {
        double[] sorted = values.sorted().toArray();
        return sorted[sorted.length / 2];
    }

    Map<String, Object> json() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("asked", asked);
        json.put("agreed", agreed);
        json.put("classifier_accuracy", accuracy);
        json.put("distance", distance);
        json.put("real_distance", realDistance);
        return json;
    }

    String line() {
        return String.format(
                Locale.ROOT,
                "%d of %d, %.1f %%, look like the class asked for to a classifier that is right on %.1f %% of held-out"
                        + " pictures; nearest training picture at %.2f, of held-out pictures at %.2f (medians)",
                agreed,
                asked,
                100.0 * agreed / asked,
                100 * accuracy,
                distance,
                realDistance);
    }
}
