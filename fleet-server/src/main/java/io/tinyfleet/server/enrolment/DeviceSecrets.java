package io.tinyfleet.server.enrolment;

import io.tinyfleet.server.device.Enrolments.DeviceKey;
import io.tinyfleet.server.platform.Home;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Set;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * The secret a device shows to the embedded broker, derived from the device's key and its generation: the same answer
 * can be given again, and nothing that opens a connection is stored. One key file is the root of all.
 */
@ApplicationScoped
class DeviceSecrets {
    private static final String FILE = "device-secrets.key";
    private static final int KEY_BYTES = 32;
    private static final String ALGORITHM = "HmacSHA256";
    private static final byte[] PURPOSE = "tinyfleet device secret v1".getBytes(StandardCharsets.US_ASCII);

    private final SecretKeySpec key;

    DeviceSecrets(Home home) {
        this.key = new SecretKeySpec(readOrMake(home.keys().resolve(FILE)), ALGORITHM);
    }

    String of(DeviceKey device) {
        byte[] id = device.device().value().getBytes(StandardCharsets.US_ASCII);
        byte[] keyDigest = device.keyDigest().toByteArray();
        ByteBuffer input = ByteBuffer.allocate(PURPOSE.length + 1 + id.length + keyDigest.length + Integer.BYTES)
                .put(PURPOSE)
                .put((byte) id.length)
                .put(id)
                .put(keyDigest)
                .putInt(device.generation());
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            return Base64.getUrlEncoder().withoutPadding().encodeToString(mac.doFinal(input.array()));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has " + ALGORITHM, e);
        }
    }

    private static byte[] readOrMake(Path file) {
        try {
            try {
                byte[] fresh = new byte[KEY_BYTES];
                new SecureRandom().nextBytes(fresh);
                Files.createFile(
                        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
                Files.write(
                        file,
                        fresh,
                        Set.of(StandardOpenOption.WRITE, StandardOpenOption.DSYNC)
                                .toArray(StandardOpenOption[]::new));
            } catch (FileAlreadyExistsException madeBefore) {
                // The usual start: the key is read below.
            }
            byte[] key = Files.readAllBytes(file);
            if (key.length != KEY_BYTES) {
                throw new IllegalStateException(file + " must have " + KEY_BYTES + " bytes, it has " + key.length
                        + "; restore it from a backup");
            }
            return key;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file, e);
        }
    }
}
