package io.tinyfleet.registry.cli.trust;

import com.google.protobuf.InvalidProtocolBufferException;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.trust.Dsse;
import io.tinyfleet.protocol.trust.PayloadType;
import io.tinyfleet.protocol.trust.SigningKey;
import io.tinyfleet.protocol.v1.DsseEnvelope;
import io.tinyfleet.protocol.v1.Release;
import io.tinyfleet.registry.cli.Answer;
import io.tinyfleet.registry.cli.Refused;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Releases that are signed where the release keys are, and not on the server. */
@Command(name = "release", description = "Sign a release's manifest offline.")
final class ReleaseCommands implements Runnable {
    @Spec
    private CommandSpec command;

    @Override
    public void run() {
        throw new ParameterException(command.commandLine(), "say what to do with a release: sign");
    }

    /** What {@code --json} tells. */
    record Signed(
            String file, String model, String version, long securityVersion, String sha256, List<String> signedBy) {}

    @Command(
            name = "sign",
            description = "Sign a manifest as the server made it, into a new envelope; several keys may sign at once.")
    int sign(
            @Parameters(paramLabel = "MANIFEST") Path manifest,
            @Option(names = "--key", required = true, arity = "1..*") List<Path> keys,
            @Option(names = "--out", required = true) Path out,
            @Mixin Answer answer) {
        byte[] payload = Documents.read(manifest);
        Release release;
        try {
            release = Release.parseFrom(payload);
        } catch (InvalidProtocolBufferException e) {
            throw new Refused(manifest + " is no manifest of a release: " + e.getMessage(), e);
        }
        if (release.getModel().isEmpty() || release.getVariantsCount() == 0) {
            throw new Refused(manifest + " is no manifest of a release: it names no model or no variant");
        }
        DsseEnvelope envelope = Dsse.unsigned(PayloadType.RELEASE, payload);
        for (SigningKey key : Documents.signingKeys(keys)) {
            envelope = Dsse.addSignature(envelope, key);
        }
        Documents.create(out, envelope.toByteArray());
        Signed signed = new Signed(
                out.toString(),
                release.getModel(),
                release.getVersion(),
                release.getSecurityVersion(),
                Digest.of(envelope.toByteArray()).hex(),
                Documents.signers(envelope));
        answer.say(
                signed,
                List.of(signed.model() + " " + signed.version() + ", security version " + signed.securityVersion()
                        + ", signed by " + String.join(", ", signed.signedBy()) + " in " + out));
        return 0;
    }
}
