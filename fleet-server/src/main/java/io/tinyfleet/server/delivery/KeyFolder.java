package io.tinyfleet.server.delivery;

import io.tinyfleet.protocol.trust.Roots.RoleSigners;
import io.tinyfleet.protocol.trust.SigningKey;
import io.tinyfleet.server.platform.SecretFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The signing keys and root documents on disk: {@code root.pem}, {@code release.pem}, {@code director.pem},
 * {@code heads.pem} and {@code root-<version>.dsse}. Keys are written before the first root, so that a start which was
 * cut off is finished by the next one; once a root exists no key is made any more. Files of other names ending in
 * {@code .pem} are keys too; the root says which role a key has.
 */
final class KeyFolder {
    private static final int MAX_KEYS = 64;
    private static final Pattern ROOT_FILE = Pattern.compile("root-([1-9][0-9]{0,8})\\.dsse");

    private final Path folder;

    KeyFolder(Path folder) {
        this.folder = folder;
    }

    /** Makes the four keys of a first root, or those that a start which was cut off has not made. */
    RoleSigners makeKeys() throws IOException {
        return new RoleSigners(make("root"), make("release"), make("director"), make("heads"));
    }

    private SigningKey make(String role) throws IOException {
        Path file = folder.resolve(role + ".pem");
        if (Files.exists(file)) {
            return SigningKey.readPem(file);
        }
        SigningKey key = SigningKey.generate();
        key.writePem(file);
        return key;
    }

    /** Every key in the folder, whatever its file is called: a rotation lays the next key beside the present one. */
    HeldKeys keys() throws IOException {
        List<SigningKey> keys = new ArrayList<>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.sorted().toList()) {
                String name = String.valueOf(file.getFileName());
                if (name.endsWith(".pem") && !name.startsWith(".")) {
                    if (keys.size() == MAX_KEYS) {
                        throw new IOException("a key folder has at most " + MAX_KEYS + " keys: " + folder);
                    }
                    keys.add(SigningKey.readPem(file));
                }
            }
        }
        return new HeldKeys(keys);
    }

    Optional<byte[]> newestRoot() throws IOException {
        long newest = 0;
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                Matcher matcher = ROOT_FILE.matcher(file.getFileName().toString());
                if (matcher.matches()) {
                    newest = Math.max(newest, Long.parseLong(matcher.group(1)));
                }
            }
        }
        return newest == 0 ? Optional.empty() : Optional.of(Files.readAllBytes(rootFile(newest)));
    }

    /** The root of that version, for devices that still hold the one before. */
    Optional<byte[]> root(long version) throws IOException {
        Path file = rootFile(version);
        return Files.exists(file) ? Optional.of(Files.readAllBytes(file)) : Optional.empty();
    }

    void writeRoot(long version, byte[] envelope) throws IOException {
        SecretFile.write(rootFile(version), envelope);
    }

    private Path rootFile(long version) {
        return folder.resolve("root-" + version + ".dsse");
    }
}
