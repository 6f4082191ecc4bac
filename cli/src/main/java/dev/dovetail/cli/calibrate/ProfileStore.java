package dev.dovetail.cli.calibrate;

import dev.dovetail.ir.calibration.MachineProfile;
import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** Where a machine's profile is kept between runs: a readable JSON file in the user's cache folder. */
public final class ProfileStore {
    /** Part of the file's name, so that a profile of an older form, or of slower kernels, is measured anew. */
    private static final int FORM = 6;

    private final Path file;
    // A file that lacks something is damaged, not one whose figures are zero.
    private final JsonMapper json = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
            .build();

    public ProfileStore(Path home) {
        this.file = home.resolve(".cache/dovetail/machine-" + FORM + ".json");
    }

    public Path file() {
        return file;
    }

    /** The profile of this machine; empty where none was saved, or the file holds another machine's or no profile. */
    public Optional<MachineProfile> load(String processor, int cores) {
        if (!Files.isRegularFile(file)) {
            return Optional.empty();
        }
        try {
            MachineProfile saved = json.readValue(Files.readString(file), MachineProfile.class);
            boolean sameMachine = saved.processor().equals(processor) && saved.cores() == cores;
            return sameMachine ? Optional.of(saved) : Optional.empty();
        } catch (IOException | JacksonException | IllegalArgumentException damaged) {
            return Optional.empty();
        }
    }

    /** Saves, but not what was measured on a busy machine over what was measured, no less of it, on the same one in peace. */
    public boolean saveUnlessWorse(MachineProfile profile) throws IOException {
        boolean worse = !profile.conditions().quiet()
                && load(profile.processor(), profile.cores())
                        .filter(saved ->
                                saved.conditions().quiet() && laws(saved).containsAll(laws(profile)))
                        .isPresent();
        if (!worse) {
            save(profile);
        }
        return !worse;
    }

    private static Set<String> laws(MachineProfile profile) {
        return profile.laws().stream().map(MachineProfile.KernelLaw::law).collect(Collectors.toSet());
    }

    /** Written beside and moved into place, so that a reader never sees half of it. */
    private void save(MachineProfile profile) throws IOException {
        Files.createDirectories(file.getParent());
        Path fresh = Files.createTempFile(file.getParent(), "machine", ".json");
        Files.writeString(fresh, json.writerWithDefaultPrettyPrinter().writeValueAsString(profile));
        try {
            Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (AtomicMoveNotSupportedException e) {
            Files.move(fresh, file, StandardCopyOption.REPLACE_EXISTING);
        }
    }
}
