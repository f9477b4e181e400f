package io.tinyfleet.server.delivery;

import io.tinyfleet.protocol.trust.Roots.RoleSigners;
import io.tinyfleet.protocol.trust.SigningKey;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The signing keys and root documents on disk: {@code root.pem}, {@code release.pem}, {@code director.pem},
 * {@code heads.pem} and {@code root-<version>.dsse}. Keys are written before the first root, so that a start which was
 * cut off is finished by the next one; once a root exists, a missing key is an error and never replaced.
 */
final class KeyFolder {
    private static final Pattern ROOT_FILE = Pattern.compile("root-([1-9][0-9]{0,8})\\.dsse");

    private final Path folder;

    KeyFolder(Path folder) {
        this.folder = folder;
    }

    /** Reads the keys; makes those that are missing unless a root already speaks for them. */
    RoleSigners keys() throws IOException {
        boolean mayCreate = newestRoot().isEmpty();
        return new RoleSigners(
                key("root", mayCreate), key("release", mayCreate), key("director", mayCreate), key("heads", mayCreate));
    }

    private SigningKey key(String role, boolean mayCreate) throws IOException {
        Path file = folder.resolve(role + ".pem");
        if (Files.exists(file)) {
            return SigningKey.readPem(file);
        }
        if (!mayCreate) {
            throw new IOException("the signing key " + file
                    + " is missing although devices already trust it: restore it from a backup");
        }
        SigningKey key = SigningKey.generate();
        key.writePem(file);
        return key;
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

    void writeRoot(long version, byte[] envelope) throws IOException {
        Path file = rootFile(version);
        Path part = folder.resolve(file.getFileName() + ".part");
        Files.deleteIfExists(part);
        try (FileChannel channel = FileChannel.open(
                part,
                java.util.Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
            ByteBuffer bytes = ByteBuffer.wrap(envelope);
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        }
        Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
        try (FileChannel directory = FileChannel.open(folder, StandardOpenOption.READ)) {
            directory.force(true);
        }
    }

    private Path rootFile(long version) {
        return folder.resolve("root-" + version + ".dsse");
    }

    static List<SigningKey> rootSigners(RoleSigners keys) {
        return List.of(keys.root());
    }
}
