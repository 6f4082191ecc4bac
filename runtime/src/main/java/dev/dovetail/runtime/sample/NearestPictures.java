package dev.dovetail.runtime.sample;

import dev.dovetail.runtime.data.Pictures;
import java.util.Arrays;

/**
 * Tells the class of a picture by the known ones that look most like it: simple, trained on real pictures alone, and told how often
 * it is right on real pictures that it has not seen.
 */
record NearestPictures(Pictures known, int classes) {
    /** Neighbours that vote; the nearest decides a tie. */
    private static final int VOTES = 3;

    /** What it says of one picture: the class, and how far the nearest is, as a root mean square over elements. */
    record Answer(int label, double distance) {}

    Answer of(double[] picture) {
        int[] nearest = new int[VOTES];
        double[] distances = new double[VOTES];
        Arrays.fill(distances, Double.POSITIVE_INFINITY);
        for (int i = 0; i < known.count(); i++) {
            double distance = distance(picture, i);
            if (distance < distances[VOTES - 1]) {
                insert(nearest, distances, i, distance);
            }
        }
        return new Answer(vote(nearest), Math.sqrt(distances[0] / picture.length));
    }

    private double distance(double[] picture, int other) {
        double sum = 0;
        for (int e = 0; e < picture.length; e++) {
            double away = picture[e] - known.value(other, e);
            sum += away * away;
        }
        return sum;
    }

    private static void insert(int[] nearest, double[] distances, int picture, double distance) {
        int place = VOTES - 1;
        while (place > 0 && distances[place - 1] > distance) {
            nearest[place] = nearest[place - 1];
            distances[place] = distances[place - 1];
            place--;
        }
        nearest[place] = picture;
        distances[place] = distance;
    }

    private int vote(int[] nearest) {
        int[] votes = new int[classes];
        for (int picture : nearest) {
            votes[known.classes()[picture]]++;
        }
        int best = known.classes()[nearest[0]];
        for (int label = 0; label < classes; label++) {
            best = votes[label] > votes[best] ? label : best;
        }
        return best;
    }
}
