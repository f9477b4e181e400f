package io.tinyfleet.registry.cli.trust;

import io.tinyfleet.protocol.Limits;
import io.tinyfleet.protocol.trust.Dsse;
import io.tinyfleet.protocol.trust.PayloadType;
import io.tinyfleet.protocol.trust.PublicKeys;
import io.tinyfleet.protocol.trust.SigningKey;
import io.tinyfleet.protocol.trust.TrustException;
import io.tinyfleet.protocol.trust.TrustedRoot;
import io.tinyfleet.protocol.v1.DsseEnvelope;
import io.tinyfleet.protocol.v1.PublicKey;
import io.tinyfleet.registry.cli.Refused;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** Reads and writes the files of these commands, with a sentence for each thing that is wrong with one. */
final class Documents {
    private Documents() {}

    static byte[] read(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(Limits.MAX_METADATA_BYTES + 1);
            if (bytes.length > Limits.MAX_METADATA_BYTES) {
                throw new Refused("a signed document has at most " + Limits.MAX_METADATA_BYTES + " bytes: " + file);
            }
            return bytes;
        } catch (NoSuchFileException e) {
            throw new Refused("there is no file " + file, e);
        } catch (IOException e) {
            throw new Refused("cannot read " + file + ": " + e.getMessage(), e);
        }
    }

    static DsseEnvelope envelope(PayloadType type, Path file) {
        try {
            return Dsse.read(type, read(file));
        } catch (TrustException e) {
            throw new Refused(file + ": " + e.getMessage(), e);
        }
    }

    /** A new file; what is there is never written over. */
    static void create(Path file, byte[] bytes) {
        try {
            Files.write(file, bytes, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        } catch (FileAlreadyExistsException e) {
            throw new Refused(file + " exists already: nothing is written over", e);
        } catch (IOException e) {
            throw new Refused("cannot write " + file + ": " + e.getMessage(), e);
        }
    }

    /** The file as a whole, or as it was. */
    static void replace(Path file, byte[] bytes) {
        Path part = file.resolveSibling(file.getFileName() + ".part");
        try {
            Files.write(part, bytes);
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new Refused("cannot write " + file + ": " + e.getMessage(), e);
        }
    }

    static SigningKey signingKey(Path file) {
        try {
            return SigningKey.readPem(file);
        } catch (NoSuchFileException e) {
            throw new Refused("there is no key file " + file, e);
        } catch (IOException e) {
            throw new Refused(String.valueOf(e.getMessage()), e);
        }
    }

    static List<SigningKey> signingKeys(List<Path> files) {
        return files.stream().map(Documents::signingKey).toList();
    }

    /** Public keys, out of public or private key files. */
    static List<PublicKey> publicKeys(List<Path> files) {
        List<PublicKey> keys = new ArrayList<>();
        for (Path file : files) {
            try {
                keys.add(SigningKey.readPublicPem(file));
            } catch (NoSuchFileException e) {
                throw new Refused("there is no key file " + file, e);
            } catch (IOException e) {
                throw new Refused(String.valueOf(e.getMessage()), e);
            }
        }
        return keys;
    }

    static String keyId(PublicKey key) {
        try {
            return PublicKeys.keyId(key);
        } catch (TrustException e) {
            throw new Refused(String.valueOf(e.getMessage()), e);
        }
    }

    static String keyId(SigningKey key) {
        return HexFormat.of().formatHex(key.keyId());
    }

    /** Pins the first file and walks on through the others, one version at a time. */
    static TrustedRoot chain(List<Path> files) {
        Path at = files.get(0);
        try {
            TrustedRoot root = TrustedRoot.pin(read(at));
            for (Path next : files.subList(1, files.size())) {
                at = next;
                root = root.next(read(next));
            }
            return root;
        } catch (TrustException e) {
            throw new Refused(at + " is refused (" + e.code() + "): " + e.getMessage(), e);
        }
    }

    static List<String> signers(DsseEnvelope envelope) {
        return envelope.getSignaturesList().stream()
                .map(signature -> HexFormat.of().formatHex(signature.getKeyId().toByteArray()))
                .toList();
    }
}
