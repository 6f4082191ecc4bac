package dev.dovetail.runtime.sample;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import java.util.zip.DeflaterOutputStream;

/**
 * A picture as a PNG file (ISO/IEC 15948), without the desktop classes of the JDK, which jobs do not carry.
 *
 * @param channels 1 for grey, 3 for red, green and blue
 * @param samples rows, then columns, then channels
 */
record PngImage(int width, int height, int channels, byte[] samples) {
    private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
    private static final int BITS = 8;
    private static final int GREY = 0;
    private static final int COLOUR = 2;

    byte[] encoded() {
        var bytes = new ByteArrayOutputStream();
        try (var out = new DataOutputStream(bytes)) {
            out.write(SIGNATURE);
            chunk(out, "IHDR", header());
            chunk(out, "IDAT", rows());
            chunk(out, "IEND", new byte[0]);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    private byte[] header() throws IOException {
        var bytes = new ByteArrayOutputStream();
        var out = new DataOutputStream(bytes);
        out.writeInt(width);
        out.writeInt(height);
        out.write(new byte[] {BITS, (byte) (channels == 1 ? GREY : COLOUR), 0, 0, 0});
        return bytes.toByteArray();
    }

    /** Each row begins with how it is filtered: not at all. */
    private byte[] rows() throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var packed = new DeflaterOutputStream(bytes)) {
            int row = width * channels;
            for (int y = 0; y < height; y++) {
                packed.write(0);
                packed.write(samples, y * row, row);
            }
        }
        return bytes.toByteArray();
    }

    private static void chunk(DataOutputStream out, String name, byte[] content) throws IOException {
        byte[] type = name.getBytes(StandardCharsets.US_ASCII);
        CRC32 crc = new CRC32();
        crc.update(type);
        crc.update(content);
        out.writeInt(content.length);
        out.write(type);
        out.write(content);
        out.writeInt((int) crc.getValue());
    }
}
