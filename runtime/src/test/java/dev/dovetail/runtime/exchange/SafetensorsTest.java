package dev.dovetail.runtime.exchange;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.runtime.exchange.StoredTensor.Kind;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SafetensorsTest {
    @TempDir
    private Path folder;

    private static StoredTensor tensor(String name, Kind kind, long rows, long columns) {
        var bytes = MemorySegment.ofArray(new byte[(int) (rows * columns * kind.bytes())]);
        var tensor = new StoredTensor(name, kind, List.of(rows, columns), bytes);
        for (long i = 0; i < rows * columns; i++) {
            // Halves of small numbers are exact in every kind.
            tensor.set(i, i / 2.0 - 3);
        }
        return tensor;
    }

    private Path written() {
        Path file = folder.resolve("model.safetensors");
        Safetensors.write(file, List.of(tensor("a", Kind.F32, 2, 3), tensor("b.weight", Kind.BF16, 3, 1)));
        return file;
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void readsWhatItWrites(Kind kind) {
        Path file = folder.resolve("one.safetensors");
        Safetensors.write(file, List.of(tensor("x", kind, 4, 5)));
        StoredTensor x = WeightFile.open(file).find("x").orElseThrow();
        assertEquals(List.of(4L, 5L), x.shape());
        assertEquals(kind, x.kind());
        assertEquals(6.5, x.at(19));
        assertEquals(x.at(7), x.transposed().at(2 * 4 + 1));
    }

    /** The header as the format says it, byte for byte, so that other programs read it. */
    @Test
    void isTheFormatOfOthers() throws IOException {
        byte[] bytes = Files.readAllBytes(written());
        String header = new String(bytes, 8, bytes[0] & 0xFF, StandardCharsets.UTF_8);
        assertEquals(0, (8 + (bytes[0] & 0xFF)) % 8);
        assertEquals(
                "{\"__metadata__\":{\"format\":\"pt\"},"
                        + "\"a\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,24]},"
                        + "\"b.weight\":{\"dtype\":\"BF16\",\"shape\":[3,1],\"data_offsets\":[24,30]}}",
                header.strip());
    }

    @Test
    void tellsWhereAFileIsCutOff() throws IOException {
        Path file = written();
        byte[] whole = Files.readAllBytes(file);
        for (int length : new int[] {0, 5, 40, whole.length - 1}) {
            Files.write(file, Arrays.copyOf(whole, length));
            var damaged = assertThrows(WeightFileException.class, () -> WeightFile.open(file), "at " + length);
            assertTrue(damaged.getMessage().contains("no whole safetensors file"), damaged.getMessage());
        }
    }

    @Test
    void tellsAFolderWithoutWeights() {
        assertThrows(WeightFileException.class, () -> WeightFile.in(folder));
    }
}
