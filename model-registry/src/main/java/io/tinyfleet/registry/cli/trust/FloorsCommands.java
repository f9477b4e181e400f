package io.tinyfleet.registry.cli.trust;

import io.tinyfleet.protocol.trust.Dsse;
import io.tinyfleet.protocol.trust.PayloadType;
import io.tinyfleet.protocol.trust.SigningKey;
import io.tinyfleet.protocol.v1.DsseEnvelope;
import io.tinyfleet.protocol.v1.Floors;
import io.tinyfleet.registry.cli.Answer;
import io.tinyfleet.registry.cli.Refused;
import io.tinyfleet.registry.cli.Tinyfleet;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** How low a model may go, signed where its release keys are. */
@Command(name = "floors", description = "Set and sign a model's floor offline.")
final class FloorsCommands implements Runnable {
    @Spec
    private CommandSpec command;

    @Override
    public void run() {
        throw new ParameterException(command.commandLine(), "say what to do with floors: set or sign");
    }

    /** What {@code --json} tells. */
    record Set(
            String file,
            String model,
            long version,
            long minSecurityVersion,
            Instant expiresAt,
            List<String> signedBy) {}

    @Command(name = "set", description = "Write a floors document and sign it with the keys given, if any.")
    int set(
            @Option(names = "--model", required = true) String model,
            @Option(names = "--min-security-version", required = true) long floor,
            @Option(
                            names = "--doc-version",
                            required = true,
                            description = "One above the version of the floors that devices have; 1 for the first.")
                    long version,
            @Option(names = "--key", arity = "1..*") List<Path> keys,
            @Option(names = "--days", defaultValue = "365") int days,
            @Option(names = "--out", required = true) Path out,
            @Mixin Answer answer) {
        if (floor < 0 || version < 1) {
            throw new Refused("a floor is 0 or more and the document's version 1 or more");
        }
        Instant now = Tinyfleet.clockOf(command).instant();
        Floors floors = Floors.newBuilder()
                .setModel(model)
                .setVersion(version)
                .setMinSecurityVersion(floor)
                .setIssuedAtMillis(now.toEpochMilli())
                .setExpiresAtMillis(now.plus(RootCommands.life(days)).toEpochMilli())
                .build();
        DsseEnvelope envelope = Dsse.unsigned(PayloadType.FLOORS, floors.toByteArray());
        for (SigningKey key : Documents.signingKeys(keys == null ? List.of() : keys)) {
            envelope = Dsse.addSignature(envelope, key);
        }
        Documents.create(out, envelope.toByteArray());
        answer.say(
                new Set(
                        out.toString(),
                        model,
                        version,
                        floor,
                        Instant.ofEpochMilli(floors.getExpiresAtMillis()),
                        Documents.signers(envelope)),
                List.of("floor of " + model + ": security version " + floor + " (document version " + version + ") in "
                        + out));
        return 0;
    }

    @Command(name = "sign", description = "Add a signature to a floors document, in place.")
    int sign(
            @Parameters(paramLabel = "FILE") Path file,
            @Option(names = "--key", required = true) Path key,
            @Mixin Answer answer) {
        DsseEnvelope signed =
                Dsse.addSignature(Documents.envelope(PayloadType.FLOORS, file), Documents.signingKey(key));
        Documents.replace(file, signed.toByteArray());
        List<String> signers = Documents.signers(signed);
        answer.say(
                java.util.Map.of("file", file.toString(), "signedBy", signers),
                List.of("signed by " + String.join(", ", signers)));
        return 0;
    }
}
