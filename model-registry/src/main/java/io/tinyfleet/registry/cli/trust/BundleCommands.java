package io.tinyfleet.registry.cli.trust;

import io.tinyfleet.protocol.trust.SigningKey;
import io.tinyfleet.protocol.v1.PublicKey;
import io.tinyfleet.registry.cli.Answer;
import io.tinyfleet.registry.cli.Refused;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** OpenSSF Model Signing bundles, for models that come from or go to others. */
@Command(name = "bundle", description = "Export and check OpenSSF Model Signing bundles (ECDSA P-256).")
final class BundleCommands implements Runnable {
    @Spec
    private CommandSpec command;

    @Override
    public void run() {
        throw new ParameterException(command.commandLine(), "say what to do with a bundle: export or verify");
    }

    @Command(name = "export", description = "Sign a model file or folder into a bundle that others can check.")
    int export(
            @Parameters(paramLabel = "MODEL", description = "A file or a folder.") Path model,
            @Option(names = "--key", required = true) Path key,
            @Option(names = "--out", required = true) Path out,
            @Mixin Answer answer) {
        ModelFiles files = ModelFiles.of(model, out);
        Documents.create(
                out,
                SigningBundle.sign(
                        String.valueOf(model.toAbsolutePath().normalize().getFileName()),
                        files,
                        Documents.signingKey(key)));
        answer.say(
                Map.of("bundle", out.toString(), "files", files.digests().size()),
                List.of(files.digests().size() + " file(s) signed in " + out));
        return 0;
    }

    @Command(
            name = "verify",
            description =
                    "Check that a bundle was signed with a key and that the model is what was signed, file by file.")
    int verify(
            @Parameters(paramLabel = "BUNDLE") Path bundle,
            @Parameters(paramLabel = "MODEL") Path model,
            @Option(names = "--key", required = true, description = "The signer's public key, PEM.") Path key,
            @Mixin Answer answer) {
        PublicKey publicKey = Documents.publicKeys(List.of(key)).get(0);
        ModelFiles files = ModelFiles.of(model, bundle);
        SigningBundle.verify(read(bundle), publicKey, pem(publicKey), files);
        answer.say(
                Map.of("bundle", bundle.toString(), "files", files.digests().size(), "key", Documents.keyId(publicKey)),
                List.of(files.digests().size() + " file(s) are as key " + Documents.keyId(publicKey) + " signed them"));
        return 0;
    }

    private static String pem(PublicKey key) {
        return SigningKey.publicPem(key.getSpki().toByteArray());
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
