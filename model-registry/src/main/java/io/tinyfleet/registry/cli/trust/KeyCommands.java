package io.tinyfleet.registry.cli.trust;

import io.tinyfleet.protocol.trust.SigningKey;
import io.tinyfleet.protocol.v1.KeyAlgorithm;
import io.tinyfleet.protocol.v1.PublicKey;
import io.tinyfleet.registry.cli.Answer;
import io.tinyfleet.registry.cli.Refused;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Signing keys in files that only their owner may read. A private key is never printed. */
@Command(name = "key", description = "Make and show signing keys.")
final class KeyCommands implements Runnable {
    @Spec
    private CommandSpec command;

    @Override
    public void run() {
        throw new ParameterException(command.commandLine(), "say what to do with a key: generate or show");
    }

    /** Kinds of keys, by the names that people write. */
    enum Kind {
        ED25519(KeyAlgorithm.ED25519),
        ECDSA_P256(KeyAlgorithm.ECDSA_P256);

        final KeyAlgorithm algorithm;

        Kind(KeyAlgorithm algorithm) {
            this.algorithm = algorithm;
        }
    }

    /** What {@code --json} tells. */
    record KeyReport(
            String file,
            String algorithm,
            String keyId,
            @Nullable String publicFile) {}

    @Command(
            name = "generate",
            description = "Make a new key pair in FILE (mode 0600) and its public half in FILE.pub.")
    int generate(
            @Parameters(paramLabel = "FILE") Path file,
            @Option(
                            names = "--algorithm",
                            defaultValue = "ED25519",
                            description = "ed25519, or ecdsa_p256 (release role and model signing bundles only).")
                    Kind kind,
            @Mixin Answer answer) {
        SigningKey key = SigningKey.generate(kind.algorithm);
        Path publicFile = file.resolveSibling(file.getFileName() + ".pub");
        try {
            key.writePem(file);
        } catch (FileAlreadyExistsException e) {
            throw new Refused(file + " exists already: a key is never written over", e);
        } catch (IOException e) {
            throw new Refused("cannot write " + file + ": " + e.getMessage(), e);
        }
        Documents.create(publicFile, key.publicPem().getBytes(StandardCharsets.US_ASCII));
        String keyId = Documents.keyId(key);
        answer.say(
                new KeyReport(file.toString(), kind.name(), keyId, publicFile.toString()),
                List.of("key " + keyId + " (" + kind.name() + ") in " + file + ", public half in " + publicFile));
        return 0;
    }

    @Command(name = "show", description = "The key id of a private or public key file.")
    int show(@Parameters(paramLabel = "FILE") Path file, @Mixin Answer answer) {
        PublicKey key = Documents.publicKeys(List.of(file)).get(0);
        answer.say(
                new KeyReport(file.toString(), key.getAlgorithm().name(), Documents.keyId(key), null),
                List.of(Documents.keyId(key) + " " + key.getAlgorithm().name()));
        return 0;
    }
}
