package dev.dovetail.ir.calibration;

import java.util.ArrayList;
import java.util.List;

/**
 * What a kernel's time depends on: the law it follows, and the amounts that the law's terms multiply.
 *
 * @param law name of the law, such as {@code matmul_nt}: kernels of one law differ in their amounts alone
 * @param terms what each amount counts, for people
 * @param amounts one number for each term
 */
public record Workload(String law, List<String> terms, List<Double> amounts) {

    public Workload {
        terms = List.copyOf(terms);
        amounts = List.copyOf(amounts);
        if (terms.size() != amounts.size()) {
            throw new IllegalArgumentException(law + " has terms " + terms + " and amounts " + amounts);
        }
    }

    static Workload of(String law, Object... termsAndAmounts) {
        var terms = new ArrayList<String>();
        var amounts = new ArrayList<Double>();
        for (int i = 0; i < termsAndAmounts.length; i += 2) {
            terms.add((String) termsAndAmounts[i]);
            amounts.add(((Number) termsAndAmounts[i + 1]).doubleValue());
        }
        terms.add("launch");
        amounts.add(1.0);
        return new Workload(law, terms, amounts);
    }
}
