package dev.dovetail.grammar.diagnostic;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NearestNameTest {
    private static final List<String> KNOWN = List.of(
            "heads", "kv_heads", "head_dim", "width", "inner", "tensor", "pipeline", "DGX-H100", "a100_sxm_80gb");

    @ParameterizedTest
    @CsvSource({
        "kv_head, kv_heads",
        "kvheads, kv_heads",
        "widht, width",
        "WIDTH, width",
        "pipline, pipeline",
        "dgx-h100, DGX-H100",
        "a100_sxm_80bg, a100_sxm_80gb",
    })
    void suggestsWhatWasMeant(String written, String meant) {
        assertEquals(Optional.of(meant), NearestName.of(written, KNOWN));
    }

    @Test
    void staysSilentWhenNothingIsNear() {
        assertEquals(Optional.empty(), NearestName.of("dropout", KNOWN));
        assertEquals(Optional.empty(), NearestName.of("x", KNOWN));
    }

    @ParameterizedTest
    @CsvSource({"abc, abc, 0", "abc, acb, 1", "abc, ab, 1", "abc, abcd, 1", "abc, xyz, 3", "'', abc, 3"})
    void countsEdits(String from, String to, int edits) {
        assertEquals(edits, NearestName.distance(from, to));
        assertEquals(edits, NearestName.distance(to, from));
    }
}
