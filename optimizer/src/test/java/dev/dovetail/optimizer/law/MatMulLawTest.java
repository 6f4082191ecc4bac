package dev.dovetail.optimizer.law;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.ir.cluster.Device.Family;
import dev.dovetail.ir.job.ProductFormat;
import dev.dovetail.optimizer.law.MatMulLaw.Shape;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Rows of AIConfigurator's tables (ai-dynamo/aiconfigurator at 095f58a5), every so manieth: m, n, k, milliseconds. */
class MatMulLawTest {
    private static final double[][] A100_BF16 = {
        {2048, 1024, 12288, 0.21681},
        {2048, 2048, 12288, 0.4151},
        {2048, 6144, 2048, 0.21637},
        {2048, 8192, 768, 0.11906},
        {512, 16384, 4096, 0.30515},
        {512, 6144, 1024, 0.03185},
        {512, 768, 6144, 0.02942},
        {8192, 1536, 768, 0.09455},
        {8192, 512, 10240, 0.36113},
        {8192, 768, 16384, 0.80312}
    };

    private static final double[][] H200_BF16 = {
        {2048, 1024, 12288, 0.07944},
        {2048, 2048, 10240, 0.12084},
        {2048, 6144, 12288, 0.44275},
        {2048, 8192, 768, 0.04557},
        {512, 16384, 2560, 0.06767},
        {512, 51200, 1536, 0.13236},
        {512, 768, 6144, 0.01292},
        {8192, 1536, 3584, 0.13133},
        {8192, 512, 10240, 0.13091},
        {8192, 768, 16384, 0.29973}
    };

    private static final double[][] H100_FP8 = {
        {2048, 1024, 128, 0.0148},
        {2048, 2048, 2048, 0.03062},
        {2048, 51200, 1536, 0.2661},
        {2048, 8192, 768, 0.04174},
        {512, 16384, 2560, 0.04636},
        {512, 5120, 16384, 0.08855},
        {512, 8192, 10240, 0.08617},
        {8192, 1536, 8192, 0.31406},
        {8192, 512, 3584, 0.10717},
        {8192, 768, 6144, 0.18873}
    };

    private static double seconds(DeviceLaws laws, double[] row, double peak, double bandwidth) {
        return laws.products().seconds(new Shape(1, row[0], row[1], row[2], 2, 2), peak, 1, bandwidth);
    }

    private static void staysNear(
            double[][] rows, double median, double worst, java.util.function.ToDoubleFunction<double[]> law) {
        double[] errors = Arrays.stream(rows)
                .mapToDouble(row -> Math.abs(1e3 * law.applyAsDouble(row) / row[3] - 1))
                .sorted()
                .toArray();
        assertTrue(errors[errors.length / 2] <= median, "median " + errors[errors.length / 2]);
        assertTrue(errors[errors.length - 1] <= worst, "worst " + errors[errors.length - 1]);
    }

    @Test
    void comesNearMeasuredProducts() {
        staysNear(A100_BF16, 0.06, 0.3, row -> seconds(DeviceLaws.AMPERE, row, 312e12, 2.039e12));
        staysNear(H200_BF16, 0.06, 0.3, row -> seconds(DeviceLaws.HOPPER, row, 989e12, 4.8e12));
    }

    @Test
    void narrowProductsPayForTheirOperandsConversion() {
        FormatLaw fp8 = DeviceLaws.HOPPER.format(ProductFormat.FP8).orElseThrow();
        staysNear(H100_FP8, 0.1, 0.3, row -> {
            var shape = new Shape(1, row[0], row[1], row[2], fp8.operandBytes(), 2);
            return fp8.product().seconds(shape, 2 * 989e12, 1, 3.35e12)
                    + row[0]
                            * row[2]
                            * fp8.convertBytes()
                            / (3.35e12 * DeviceLaws.HOPPER.streams().share());
        });
    }

    /** What the search's bounds rest on: a sequence never takes longer in a larger micro-batch. */
    @Test
    void aMultipleOfTheRowsNeverTakesMoreThanAsManyProducts() {
        var random = new SplittableRandom(7);
        for (Family family : Family.values()) {
            MatMulLaw law = laws(family).products();
            for (int i = 0; i < 500; i++) {
                double m = random.nextInt(1, 3000);
                double n = random.nextInt(1, 3000);
                double k = random.nextInt(1, 3000);
                int times = random.nextInt(2, 9);
                double one = law.seconds(new Shape(1, m, n, k, 2, 2), 3e14, 1, 2e12);
                double many = law.seconds(new Shape(1, times * m, n, k, 2, 2), 3e14, 1, 2e12);
                assertTrue(many <= times * one * (1 + 1e-12), family + " " + m + " " + n + " " + k + " x " + times);
            }
        }
    }

    private static DeviceLaws laws(Family family) {
        return switch (family) {
            case AMPERE -> DeviceLaws.AMPERE;
            case HOPPER -> DeviceLaws.HOPPER;
            case BLACKWELL -> DeviceLaws.BLACKWELL;
            case TPU -> DeviceLaws.TPU;
            case VOLTA, ADA, OTHER -> DeviceLaws.other(0.85);
        };
    }

    /** 13824 wide in 128 heads leaves 108 elements a head, which BLOOM's search for a shape found to cost a third. */
    @Test
    void rowsThatTensorCoresCannotLoadAtOnceAreSlow() {
        MatMulLaw law = DeviceLaws.AMPERE.products();
        double even = law.seconds(new Shape(64, 2048, 2048, 112, 2, 2), 312e12, 1, 2.039e12);
        double odd = law.seconds(new Shape(64, 2048, 2048, 108, 2, 2), 312e12, 1, 2.039e12);
        assertTrue(odd > 1.3 * even, odd + " against " + even);
    }

    @Test
    void scalesOfBlocksDoNotUnalignTheRows() {
        MatMulLaw law = DeviceLaws.BLACKWELL.products();
        double plain = law.seconds(new Shape(1, 8192, 8192, 8192, 1, 2), 2.5e15, 1, 8e12);
        double scaled = law.seconds(new Shape(1, 8192, 8192, 8192, 1.03, 2), 2.5e15, 1, 8e12);
        assertTrue(scaled < 1.05 * plain, scaled + " against " + plain);
    }
}
