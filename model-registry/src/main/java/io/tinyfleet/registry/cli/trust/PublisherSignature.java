package io.tinyfleet.registry.cli.trust;

import io.tinyfleet.protocol.v1.PublicKey;
import io.tinyfleet.registry.cli.Refused;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Option;

/** Options that say who must have signed a model before it is taken over. */
public final class PublisherSignature {
    @Option(
            names = "--signature",
            required = true,
            paramLabel = "BUNDLE",
            description = "An OpenSSF Model Signing bundle; nothing is taken over unless it holds.")
    private Path bundle;

    @Option(
            names = "--publisher",
            required = true,
            paramLabel = "KEY",
            description = "The public key, PEM, that must have signed it.")
    private Path key;

    /** Refuses, by the name of the file, a model that is not what that key has signed. */
    public void require(Path model) {
        verify(bundle, Documents.publicKeys(List.of(key)).get(0), model);
    }

    /** Answers how many files were signed. */
    static int verify(Path bundle, PublicKey key, Path model) {
        ModelFiles files = ModelFiles.of(model, bundle);
        SigningBundle.verify(read(bundle), key, files);
        return files.digests().size();
    }

    private static byte[] read(Path bundle) {
        try (InputStream in = Files.newInputStream(bundle)) {
            byte[] bytes = in.readNBytes(SigningBundle.MAX_BYTES + 1);
            if (bytes.length > SigningBundle.MAX_BYTES) {
                throw new Refused("a bundle has at most " + SigningBundle.MAX_BYTES + " bytes: " + bundle);
            }
            return bytes;
        } catch (NoSuchFileException e) {
            throw new Refused("there is no file " + bundle, e);
        } catch (IOException e) {
            throw new Refused("cannot read " + bundle + ": " + e.getMessage(), e);
        }
    }
}
