package io.tinyfleet.registry.cli.trust;

import io.tinyfleet.protocol.trust.FloorsDocuments;
import io.tinyfleet.protocol.trust.Releases;
import io.tinyfleet.protocol.trust.TrustException;
import io.tinyfleet.protocol.trust.TrustedRoot;
import io.tinyfleet.protocol.v1.Floors;
import io.tinyfleet.protocol.v1.Release;
import io.tinyfleet.registry.cli.Answer;
import io.tinyfleet.registry.cli.Refused;
import io.tinyfleet.registry.cli.Tinyfleet;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Checks a signed release or floors document as a device would. */
@Command(
        name = "verify",
        description = "Check a signed release or floors document against a chain of roots, oldest first.")
final class VerifyCommand implements Callable<Integer> {
    @Spec
    private CommandSpec command;

    @Parameters(paramLabel = "ENVELOPE")
    private Path envelope;

    @Option(names = "--root", required = true, arity = "1..*", description = "Root files, oldest first.")
    private List<Path> roots;

    @Option(names = "--model", required = true, description = "The model that the document must be about.")
    private String model;

    @Mixin
    private Answer answer;

    /** What {@code --json} tells. */
    record Report(String file, String kind, String model, String version, long securityVersion, long rootVersion) {}

    @Override
    public Integer call() {
        TrustedRoot root = Documents.chain(roots);
        byte[] bytes = Documents.read(envelope);
        Report report;
        try {
            root.requireCurrent(Tinyfleet.clockOf(command).instant());
            report = release(root, bytes);
        } catch (TrustException notRelease) {
            report = floors(root, bytes, notRelease);
        }
        answer.say(
                report,
                List.of(report.kind() + " of " + report.model() + " version " + report.version()
                        + ", security version " + report.securityVersion() + ": signed as root version "
                        + report.rootVersion() + " wants it"));
        return 0;
    }

    private Report release(TrustedRoot root, byte[] bytes) throws TrustException {
        Release release = Releases.verify(root, model, bytes);
        return new Report(
                envelope.toString(),
                "release",
                release.getModel(),
                release.getVersion(),
                release.getSecurityVersion(),
                root.version());
    }

    private Report floors(TrustedRoot root, byte[] bytes, TrustException notRelease) {
        if (notRelease.reason() != TrustException.Reason.WRONG_PAYLOAD_TYPE) {
            throw refused(notRelease);
        }
        try {
            Floors floors = FloorsDocuments.verify(
                    root, model, Optional.empty(), Tinyfleet.clockOf(command).instant(), bytes);
            return new Report(
                    envelope.toString(),
                    "floors",
                    floors.getModel(),
                    Long.toString(floors.getVersion()),
                    floors.getMinSecurityVersion(),
                    root.version());
        } catch (TrustException e) {
            throw refused(e);
        }
    }

    private Refused refused(TrustException e) {
        return new Refused(envelope + " is refused (" + e.code() + "): " + e.getMessage(), e);
    }
}
