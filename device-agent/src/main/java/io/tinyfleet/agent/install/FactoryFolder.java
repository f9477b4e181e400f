package io.tinyfleet.agent.install;

import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.Limits;
import io.tinyfleet.protocol.trust.Releases;
import io.tinyfleet.protocol.trust.TrustException;
import io.tinyfleet.protocol.trust.TrustedRoot;
import io.tinyfleet.protocol.v1.Release;
import io.tinyfleet.protocol.v1.Variant;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeMap;

/**
 * A model that came with the device's image, as {@code tinyfleet release export} writes it. It is only ever read:
 *
 * <pre>
 * factory.properties      model=NAME: whose release keys have to have signed
 * root.dsse               the root that names those keys
 * release.dsse            the signed release
 * artifacts/{sha256}      files of its variants, at least one
 * </pre>
 *
 * It is believed as the image is that it came with, agent and all: by its own root, enrolled or not.
 */
public record FactoryFolder(Path folder) {
    /** Why a folder is of no use, as a stable code and a sentence. */
    public static final class UnusableFactoryException extends Exception {
        private static final long serialVersionUID = 1L;
        private final String code;

        UnusableFactoryException(String code, String sentence) {
            super(sentence);
            this.code = code;
        }

        public String code() {
            return code;
        }
    }

    /**
     * What a folder holds.
     *
     * @param files of the variants that are here and have the right size; not hashed
     */
    public record Content(TrustedRoot root, Release release, byte[] envelope, Map<Digest, Path> files) {}

    /** Verifies root and release. */
    public Content read(Disk disk) throws UnusableFactoryException {
        try {
            TrustedRoot root = TrustedRoot.pin(required(disk, "root.dsse"));
            byte[] envelope = required(disk, "release.dsse");
            Release release = Releases.verify(root, model(disk), envelope);
            Map<Digest, Path> files = new TreeMap<>();
            for (Variant variant : release.getVariantsList()) {
                Digest artifact = Digest.fromBytes(variant.getTarget().getSha256());
                Path file = folder.resolve("artifacts").resolve(artifact.hex());
                if (disk.size(file) == variant.getTarget().getSize()) {
                    files.put(artifact, file);
                }
            }
            return new Content(root, release, envelope, files);
        } catch (TrustException e) {
            throw new UnusableFactoryException(e.code(), folder + ": " + e.getMessage());
        } catch (IOException e) {
            throw new UnusableFactoryException("unreadable", folder + " cannot be read: " + e);
        }
    }

    /** Whether the file's bytes are the artifact. */
    public static boolean isWhole(Disk disk, Digest artifact, Path file) throws IOException {
        return ModelStore.hash(disk, file).equals(artifact);
    }

    private String model(Disk disk) throws IOException, UnusableFactoryException {
        Properties properties = new Properties();
        byte[] content = required(disk, "factory.properties");
        try {
            properties.load(new StringReader(new String(content, StandardCharsets.UTF_8)));
        } catch (IllegalArgumentException e) {
            throw new UnusableFactoryException("malformed", folder + "/factory.properties: " + e.getMessage());
        }
        String model = properties.getProperty("model", "").strip();
        if (model.isEmpty()) {
            throw new UnusableFactoryException("malformed", folder + "/factory.properties has no line model=NAME");
        }
        return model;
    }

    private byte[] required(Disk disk, String name) throws IOException, UnusableFactoryException {
        Path file = folder.resolve(name);
        if (disk.size(file) > Limits.MAX_METADATA_BYTES) {
            throw new UnusableFactoryException(
                    "too-large", file + " has " + disk.size(file) + " bytes, at most " + Limits.MAX_METADATA_BYTES);
        }
        Optional<byte[]> content = disk.read(file);
        return content.orElseThrow(() -> new UnusableFactoryException("no-folder", "there is no file " + file));
    }
}
