package io.tinyfleet.server.platform;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.function.Supplier;

/** Small secrets on disk, readable by their owner only, and never half written. */
public final class SecretFile {
    private SecretFile() {}

    /** The kept secret, made and stored on first use. */
    public static String readOrCreate(Path file, Supplier<String> make) throws IOException {
        if (!Files.exists(file)) {
            write(file, make.get());
        }
        return Files.readString(file).strip();
    }

    public static void write(Path file, String content) throws IOException {
        Path aside = file.resolveSibling(file.getFileName() + ".new");
        Files.deleteIfExists(aside);
        Files.createFile(aside, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(aside, content, StandardCharsets.UTF_8);
        Files.move(aside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
