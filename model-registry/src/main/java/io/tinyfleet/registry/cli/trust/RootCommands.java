package io.tinyfleet.registry.cli.trust;

import io.tinyfleet.protocol.trust.Dsse;
import io.tinyfleet.protocol.trust.PayloadType;
import io.tinyfleet.protocol.trust.RoleName;
import io.tinyfleet.protocol.trust.RootBuilder;
import io.tinyfleet.protocol.trust.SigningKey;
import io.tinyfleet.protocol.trust.TrustedRoot;
import io.tinyfleet.protocol.v1.DsseEnvelope;
import io.tinyfleet.protocol.v1.PublicKey;
import io.tinyfleet.protocol.v1.Root;
import io.tinyfleet.registry.cli.Answer;
import io.tinyfleet.registry.cli.Refused;
import io.tinyfleet.registry.cli.Tinyfleet;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The root ceremony: made once, signed by several people in turn, walked on one version at a time. */
@Command(name = "root", description = "Make, sign, check and rotate the root of trust.")
final class RootCommands implements Runnable {
    private static final int MAX_DAYS = 3650;

    @Spec
    private CommandSpec command;

    @Override
    public void run() {
        throw new ParameterException(
                command.commandLine(), "say what to do with a root: new, rotate, sign, show or verify");
    }

    /** What {@code --json} tells. */
    record RootReport(
            String file,
            long version,
            String sha256,
            Instant issuedAt,
            Instant expiresAt,
            SortedMap<String, RoleReport> roles,
            List<String> signedBy) {}

    record RoleReport(int threshold, List<String> keyIds) {}

    @Command(name = "new", description = "Write the first root, still unsigned.")
    int create(
            @Option(names = "--out", required = true) Path out,
            @Option(names = "--root", required = true, arity = "1..*", description = "Key files of the root role.")
                    List<Path> root,
            @Option(names = "--root-threshold", defaultValue = "1") int rootThreshold,
            @Option(names = "--release", required = true, arity = "1..*") List<Path> release,
            @Option(names = "--release-threshold", defaultValue = "1") int releaseThreshold,
            @Option(names = "--director", required = true, arity = "1..*") List<Path> director,
            @Option(names = "--heads", required = true, arity = "1..*") List<Path> heads,
            @Option(names = "--days", defaultValue = "365", description = "How long it is good for.") int days,
            @Mixin Answer answer) {
        Instant now = Tinyfleet.clockOf(command).instant();
        RootBuilder builder = new RootBuilder(1, now, now.plus(life(days)))
                .role(RoleName.ROOT, rootThreshold, Documents.publicKeys(root))
                .role(RoleName.RELEASE, releaseThreshold, Documents.publicKeys(release))
                .role(RoleName.DIRECTOR, 1, Documents.publicKeys(director))
                .role(RoleName.HEADS, 1, Documents.publicKeys(heads));
        write(out, builder.build());
        if (rootThreshold == 1) {
            warn("ONE KEY IS ENOUGH TO SIGN FOR THE WHOLE FLEET: take a root of at least 2 of 3 in production");
        }
        say(out, answer);
        return 0;
    }

    @Command(
            name = "rotate",
            description = "Write the next root, still unsigned: other keys or another threshold for one role, or only a"
                    + " later end. It is to be signed by the thresholds of both roots.")
    int rotate(
            @Option(names = "--from", required = true, description = "The present root.") Path from,
            @Option(names = "--out", required = true) Path out,
            @Option(names = "--role", description = "root, release, director or heads.") @Nullable RoleName role,
            @Option(names = "--model", description = "With --role release: the keys of this model alone.") @Nullable String model,
            @Option(names = "--keys", arity = "1..*", description = "All key files of the role from now on.") @Nullable List<Path> keys,
            @Option(names = "--threshold", defaultValue = "1") int threshold,
            @Option(names = "--days", defaultValue = "365") int days,
            @Mixin Answer answer) {
        if ((role == null) != (keys == null) || (model != null && role != RoleName.RELEASE)) {
            throw new Refused("--role and --keys belong together, and --model goes with --role release");
        }
        TrustedRoot before = Documents.chain(List.of(from));
        Instant now = Tinyfleet.clockOf(command).instant();
        RootBuilder next = RootBuilder.after(before, now, now.plus(life(days)));
        if (role != null && keys != null) {
            List<PublicKey> publicKeys = Documents.publicKeys(keys);
            if (model == null) {
                next.role(role, threshold, publicKeys);
            } else {
                next.delegate(model, threshold, publicKeys);
            }
        }
        write(out, next.build());
        say(out, answer);
        return 0;
    }

    @Command(name = "sign", description = "Add a signature to a root, in place. Each key holder does it in turn.")
    int sign(
            @Parameters(paramLabel = "FILE") Path file,
            @Option(names = "--key", required = true) Path key,
            @Mixin Answer answer) {
        SigningKey signer = Documents.signingKey(key);
        DsseEnvelope signed = Dsse.addSignature(Documents.envelope(PayloadType.ROOT, file), signer);
        Documents.replace(file, signed.toByteArray());
        say(file, answer);
        return 0;
    }

    @Command(name = "show", description = "What a root says and who has signed it so far. Checks nothing.")
    int show(@Parameters(paramLabel = "FILE") Path file, @Mixin Answer answer) {
        say(file, answer);
        return 0;
    }

    @Command(
            name = "verify",
            description = "Check a chain of roots, oldest first, as a device does that was enrolled with the first.")
    int verify(@Parameters(paramLabel = "FILE", arity = "1..*") List<Path> files, @Mixin Answer answer) {
        TrustedRoot root = Documents.chain(files);
        if (!root.expiresAt().isAfter(Tinyfleet.clockOf(command).instant())) {
            throw new Refused("root version " + root.version() + " ended at " + root.expiresAt());
        }
        say(files.get(files.size() - 1), answer);
        return 0;
    }

    private static void write(Path out, Root root) {
        Documents.create(
                out, Dsse.unsigned(PayloadType.ROOT, root.toByteArray()).toByteArray());
    }

    private void say(Path file, Answer answer) {
        DsseEnvelope envelope = Documents.envelope(PayloadType.ROOT, file);
        Root root;
        try {
            root = Root.parseFrom(envelope.getPayload());
        } catch (com.google.protobuf.InvalidProtocolBufferException e) {
            throw new Refused(file + " holds no root: " + e.getMessage(), e);
        }
        SortedMap<String, RoleReport> roles = new TreeMap<>();
        roles.put("root", role(root.getRoot()));
        roles.put("release", role(root.getRelease()));
        roles.put("director", role(root.getDirector()));
        roles.put("heads", role(root.getHeads()));
        root.getDelegationsList()
                .forEach(delegation -> roles.put("release:" + delegation.getModel(), role(delegation.getRelease())));
        RootReport report = new RootReport(
                file.toString(),
                root.getVersion(),
                io.tinyfleet.protocol.Digest.of(envelope.toByteArray()).hex(),
                Instant.ofEpochMilli(root.getIssuedAtMillis()),
                Instant.ofEpochMilli(root.getExpiresAtMillis()),
                roles,
                Documents.signers(envelope));
        List<String> lines = new ArrayList<>();
        lines.add("root version " + report.version() + ", good until " + report.expiresAt());
        roles.forEach((name, role) -> lines.add(String.format(
                Locale.ROOT,
                "  %s: %d of %d: %s",
                name,
                role.threshold(),
                role.keyIds().size(),
                String.join(", ", role.keyIds()))));
        lines.add(
                "  signed by: " + (report.signedBy().isEmpty() ? "nobody yet" : String.join(", ", report.signedBy())));
        answer.say(report, lines);
    }

    private static RoleReport role(io.tinyfleet.protocol.v1.Role role) {
        return new RoleReport(
                role.getThreshold(),
                role.getKeysList().stream().map(Documents::keyId).toList());
    }

    private void warn(String sentence) {
        command.commandLine().getErr().println("WARNING: " + sentence);
        command.commandLine().getErr().flush();
    }

    static Duration life(int days) {
        if (days < 1 || days > MAX_DAYS) {
            throw new Refused("--days must be 1.." + MAX_DAYS + ", got " + days);
        }
        return Duration.ofDays(days);
    }
}
