package io.tinyfleet.server.platform;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;

/**
 * The folder that holds everything a server keeps on disk. Each part is created on first use, for its owner only:
 * it holds keys and the database.
 */
public final class Home {
    /** Set by {@link io.tinyfleet.server.Main} so that everything after it reads one absolute path. */
    public static final String PROPERTY = "tinyfleet.home";

    static final String ENVIRONMENT = "TINYFLEET_HOME";
    static final String DEFAULT = ".tinyfleet/server";

    private final Path root;

    public Home(Path root) {
        this.root = root.toAbsolutePath().normalize();
    }

    /** The home before any configuration is read: system property, then environment, then the default. */
    public static Home fromEnvironment() {
        return new Home(Path.of(Optional.ofNullable(System.getProperty(PROPERTY))
                .or(() -> Optional.ofNullable(System.getenv(ENVIRONMENT)))
                .orElse(DEFAULT)));
    }

    public Path root() {
        return owned(root);
    }

    public Path keys() {
        return owned(root.resolve("keys"));
    }

    /** Authorities and certificate of the device link. */
    public Path linkKeys() {
        return owned(keys().resolve("link"));
    }

    public Path blobs() {
        return owned(root.resolve("blobs"));
    }

    public Path broker() {
        return owned(root.resolve("broker"));
    }

    public Path postgres() {
        return owned(root.resolve("postgres"));
    }

    private static Path owned(Path folder) {
        try {
            if (!Files.isDirectory(folder)) {
                Files.createDirectories(
                        folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            }
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot create the folder " + folder, e);
        }
    }

    @Override
    public String toString() {
        return root.toString();
    }
}
