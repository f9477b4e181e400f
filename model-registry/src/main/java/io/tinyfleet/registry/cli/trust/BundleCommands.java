package io.tinyfleet.registry.cli.trust;

import io.tinyfleet.protocol.v1.PublicKey;
import io.tinyfleet.registry.cli.Answer;
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
        int files = PublisherSignature.verify(bundle, publicKey, model);
        String id = Documents.keyId(publicKey);
        answer.say(
                Map.of("bundle", bundle.toString(), "files", files, "key", id),
                List.of(files + " file(s) are as key " + id + " signed them"));
        return 0;
    }
}
