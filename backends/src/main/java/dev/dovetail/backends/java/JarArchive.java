package dev.dovetail.backends.java;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.LocalDateTime;
import java.util.Map;
import java.util.TreeMap;
import java.util.jar.Attributes;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/** One jar made of many, with the same bytes whenever and wherever it is made: sorted entries, no clock. */
final class JarArchive {
    private static final LocalDateTime NO_TIME = LocalDateTime.of(1980, 2, 1, 0, 0);
    private static final String META = "META-INF/";

    private final String mainClass;
    private final Map<String, byte[]> entries = new TreeMap<>();
    private boolean multiRelease;

    JarArchive(String mainClass) {
        this.mainClass = mainClass;
    }

    void add(String name, byte[] content) {
        entries.put(name, content);
    }

    /** Adds what is in a jar or a folder of classes. */
    void merge(Path library) throws IOException {
        if (Files.isDirectory(library)) {
            mergeFolder(library);
        } else {
            mergeJar(library);
        }
    }

    private void mergeFolder(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                String name = folder.relativize(file).toString().replace(java.io.File.separatorChar, '/');
                mergeEntry(folder.getFileName().toString(), name, Files.readAllBytes(file));
            }
        }
    }

    private void mergeJar(Path jar) throws IOException {
        try (ZipFile zip = new ZipFile(jar.toFile())) {
            for (ZipEntry entry : zip.stream().filter(e -> !e.isDirectory()).toList()) {
                try (InputStream content = zip.getInputStream(entry)) {
                    mergeEntry(jar.getFileName().toString(), entry.getName(), content.readAllBytes());
                }
            }
        }
    }

    private void mergeEntry(String library, String name, byte[] content) {
        if (name.startsWith(META + "versions/") && name.endsWith(".class")) {
            multiRelease = true;
        }
        if (isDropped(name)) {
            return;
        }
        if (name.startsWith(META + "services/")) {
            entries.merge(name, content, JarArchive::joined);
        } else if (name.startsWith(META) && !name.startsWith(META + "versions/") && !name.contains("native")) {
            // Licences and notices of several libraries have the same names.
            entries.put(META + "libraries/" + library + "/" + name.substring(META.length()), content);
        } else {
            entries.putIfAbsent(name, content);
        }
    }

    /** The job is one jar on a class path: descriptions of modules, builds and signatures no longer hold. */
    private static boolean isDropped(String name) {
        return name.equals(META + "MANIFEST.MF")
                || name.endsWith("module-info.class")
                || name.startsWith(META + "maven/")
                || (name.startsWith(META) && name.matches(".*\\.(SF|RSA|DSA|EC)"));
    }

    private static byte[] joined(byte[] first, byte[] second) {
        var lines = new ByteArrayOutputStream();
        lines.writeBytes(first);
        lines.write('\n');
        lines.writeBytes(second);
        return lines.toByteArray();
    }

    /** Writes beside the target first: a jar that is there is whole. */
    void write(Path target) throws IOException {
        Path unfinished = target.resolveSibling(target.getFileName() + ".part");
        try (OutputStream file = Files.newOutputStream(unfinished);
                ZipOutputStream zip = new ZipOutputStream(file)) {
            put(zip, META + "MANIFEST.MF", manifest());
            for (var entry : entries.entrySet()) {
                put(zip, entry.getKey(), entry.getValue());
            }
        } catch (IOException broken) {
            Files.deleteIfExists(unfinished);
            throw broken;
        }
        Files.move(unfinished, target, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    }

    private static void put(ZipOutputStream zip, String name, byte[] content) throws IOException {
        var entry = new ZipEntry(name);
        entry.setTimeLocal(NO_TIME);
        zip.putNextEntry(entry);
        zip.write(content);
        zip.closeEntry();
    }

    private byte[] manifest() throws IOException {
        var manifest = new Manifest();
        Attributes main = manifest.getMainAttributes();
        main.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        main.put(Attributes.Name.MAIN_CLASS, mainClass);
        main.putValue("Enable-Native-Access", "ALL-UNNAMED");
        if (multiRelease) {
            main.put(Attributes.Name.MULTI_RELEASE, "true");
        }
        var bytes = new ByteArrayOutputStream();
        manifest.write(bytes);
        return bytes.toByteArray();
    }
}
