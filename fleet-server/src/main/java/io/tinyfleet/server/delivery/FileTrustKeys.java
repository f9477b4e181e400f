package io.tinyfleet.server.delivery;

import io.quarkus.runtime.Startup;
import io.quarkus.scheduler.Scheduled;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.Limits;
import io.tinyfleet.protocol.trust.DesiredDocuments;
import io.tinyfleet.protocol.trust.FloorsDocuments;
import io.tinyfleet.protocol.trust.HeadsDocuments;
import io.tinyfleet.protocol.trust.HeadsDocuments.TooManyReleasesException;
import io.tinyfleet.protocol.trust.Releases;
import io.tinyfleet.protocol.trust.RoleName;
import io.tinyfleet.protocol.trust.RootBuilder;
import io.tinyfleet.protocol.trust.Roots;
import io.tinyfleet.protocol.trust.SigningKey;
import io.tinyfleet.protocol.trust.TrustException;
import io.tinyfleet.protocol.trust.TrustedRoot;
import io.tinyfleet.protocol.v1.Desired;
import io.tinyfleet.protocol.v1.Floors;
import io.tinyfleet.protocol.v1.Heads;
import io.tinyfleet.protocol.v1.Release;
import io.tinyfleet.registry.blob.BlobStore;
import io.tinyfleet.server.model.ReleaseSigner;
import io.tinyfleet.server.platform.Home;
import io.tinyfleet.server.platform.Problem;
import jakarta.inject.Singleton;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * The roots and the signing keys in the server's home. The quick start keeps every key there, which is one place to steal
 * from, so it is said loudly at each start; an installation that minds keeps root and release keys elsewhere, and then
 * this server signs nothing in their names. Director and heads must be here: they sign all day.
 */
@Startup
@Singleton
final class FileTrustKeys implements TrustKeys, ReleaseSigner, DocumentSigner {
    private static final Logger LOG = Logger.getLogger(FileTrustKeys.class);

    private record Current(byte[] envelope, TrustedRoot root, HeldKeys keys) {}

    private final KeyFolder folder;
    private final BlobStore blobs;
    private final DeliveryConfig config;
    private final InstantSource clock;
    private final SignatureTime signatureTime;
    private volatile Current current;

    FileTrustKeys(Home home, BlobStore blobs, DeliveryConfig config, InstantSource clock, SignatureTime signatureTime) {
        this.folder = new KeyFolder(home.keys());
        this.blobs = blobs;
        this.config = config;
        this.clock = clock;
        this.signatureTime = signatureTime;
        try {
            this.current = open();
        } catch (IOException e) {
            throw new UncheckedIOException("the signing keys under " + home.keys() + " cannot be used", e);
        }
        TrustedRoot root = current.root();
        if (current.keys().suffice(root, RoleName.ROOT)) {
            LOG.warnf(
                    "THE ROOT KEY OF THE WHOLE FLEET LIES IN %s beside the other signing keys. Whoever reads that folder"
                            + " can make every device run anything. Good for trying out; for production keep the root"
                            + " key offline (docs/trust.md). rootVersion=%d threshold=%d expiresAt=%s",
                    home.keys(), root.version(), root.threshold(RoleName.ROOT), root.expiresAt());
        } else {
            LOG.infof(
                    "the root keys are kept elsewhere rootVersion=%d threshold=%d of %d expiresAt=%s",
                    root.version(),
                    root.threshold(RoleName.ROOT),
                    root.keyIds(RoleName.ROOT).size(),
                    root.expiresAt());
        }
        renewWhenDue();
    }

    private Current open() throws IOException {
        Optional<byte[]> newest = folder.newestRoot();
        if (newest.isPresent()) {
            return publish(checked(newest.get()));
        }
        Instant now = signatureTime.tick();
        byte[] envelope = Roots.selfSigned(folder.makeKeys(), now, now.plus(config.rootLife()));
        Current made = checked(envelope);
        folder.writeRoot(1, envelope);
        LOG.infof(
                "made the signing keys and the first root rootSha256=%s",
                made.root().digest());
        return publish(made);
    }

    private Current checked(byte[] envelope) throws IOException {
        try {
            return checked(envelope, TrustedRoot.pin(envelope));
        } catch (TrustException e) {
            throw new IOException(
                    "the root document and the keys beside it do not belong together: " + e.getMessage(), e);
        }
    }

    /** A root that our own keys cannot sign for would only be noticed by every device refusing everything. */
    private Current checked(byte[] envelope, TrustedRoot root) throws IOException, TrustException {
        HeldKeys held = folder.keys();
        for (RoleName role : List.of(RoleName.DIRECTOR, RoleName.HEADS)) {
            if (!held.suffice(root, role)) {
                throw new TrustException(
                        TrustException.Reason.THRESHOLD_NOT_MET,
                        "root version " + root.version() + " wants " + root.threshold(role) + " of the keys "
                                + root.keyIds(role) + " for " + role + ", and "
                                + held.of(root, role).size()
                                + " of them lie in the server's folder keys/: put the missing key file there"
                                + " (from a backup, or the new one of a rotation)");
            }
        }
        return new Current(envelope, root, held);
    }

    /** The root is a blob too, so that a device can fetch the one that a desired document names. */
    private Current publish(Current root) throws IOException {
        blobs.put(new ByteArrayInputStream(root.envelope()), Limits.MAX_METADATA_BYTES);
        return root;
    }

    @Scheduled(every = "6h", delayed = "6h", concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
    synchronized void renewWhenDue() {
        TrustedRoot root = current.root();
        if (clock.instant().isBefore(root.expiresAt().minus(config.rootRenewBefore()))) {
            return;
        }
        HeldKeys keys = current.keys();
        if (!keys.suffice(root, RoleName.ROOT)) {
            LOG.warnf(
                    "the root ends at %s and its keys are kept elsewhere: make the next one by the root ceremony and"
                            + " upload it (docs/trust.md), else devices install nothing new after that",
                    root.expiresAt());
            return;
        }
        try {
            Instant now = signatureTime.tick();
            byte[] envelope =
                    RootBuilder.after(root, now, now.plus(config.rootLife())).sign(keys.of(root, RoleName.ROOT));
            TrustedRoot next = root.next(envelope);
            folder.writeRoot(next.version(), envelope);
            current = publish(new Current(envelope, next, keys));
            LOG.infof("signed the root anew rootVersion=%d expiresAt=%s", next.version(), next.expiresAt());
        } catch (IOException e) {
            throw new UncheckedIOException("the root is due to be signed anew and cannot be written", e);
        } catch (TrustException e) {
            throw new IllegalStateException("the root signed anew does not verify", e);
        }
    }

    // ---- roots

    @Override
    public byte[] rootEnvelope() {
        return current.envelope().clone();
    }

    @Override
    public Digest rootDigest() {
        return current.root().digest();
    }

    @Override
    public TrustedRoot root() {
        return current.root();
    }

    @Override
    public Optional<byte[]> findRoot(long version) {
        try {
            return folder.root(version);
        } catch (IOException e) {
            throw new UncheckedIOException("root version " + version + " cannot be read", e);
        }
    }

    @Override
    public synchronized TrustedRoot accept(byte[] rootEnvelope) throws TrustException {
        TrustedRoot next = current.root().next(rootEnvelope);
        next.requireCurrent(clock.instant());
        try {
            Current checked = checked(rootEnvelope, next);
            folder.writeRoot(next.version(), rootEnvelope);
            current = publish(checked);
        } catch (IOException e) {
            throw new UncheckedIOException("root version " + next.version() + " cannot be stored", e);
        }
        return next;
    }

    @Override
    public boolean signsReleasesOf(String model) {
        Current now = current;
        return now.keys().sufficeForModel(now.root(), model);
    }

    @Override
    public boolean holdsRootKeys() {
        Current now = current;
        return now.keys().suffice(now.root(), RoleName.ROOT);
    }

    // ---- releases and floors

    @Override
    public byte[] sign(Release manifest) {
        List<SigningKey> keys = releaseKeys(manifest.getModel(), "release", "tinyfleet trust release sign");
        signatureTime.tick();
        return Releases.sign(manifest, keys);
    }

    @Override
    public Release verify(String model, byte[] envelope) {
        try {
            return Releases.verify(current.root(), model, envelope);
        } catch (TrustException e) {
            throw Problem.unprocessable("release-" + e.code(), sentence(e));
        }
    }

    @Override
    public byte[] sign(Floors floors) {
        return FloorsDocuments.sign(
                floors, releaseKeys(floors.getModel(), "floors document", "tinyfleet trust floors set"));
    }

    private List<SigningKey> releaseKeys(String model, String what, String command) {
        Current now = current;
        if (!now.keys().sufficeForModel(now.root(), model)) {
            throw Problem.conflict(
                    "release-key-offline",
                    "This server does not hold the release keys of " + model + " (root version "
                            + now.root().version() + " wants " + now.root().releaseThreshold(model) + " of "
                            + String.join(", ", now.root().releaseKeyIds(model)) + "): sign the " + what
                            + " where the keys are, with " + command + ", and upload the envelope.");
        }
        return now.keys().ofModel(now.root(), model);
    }

    static String sentence(TrustException refused) {
        String sentence = String.valueOf(refused.getMessage());
        return Character.toUpperCase(sentence.charAt(0)) + sentence.substring(1) + ".";
    }

    // ---- heads and director

    @Override
    public byte[] sign(Heads heads) throws TooManyReleasesException {
        Current now = current;
        return HeadsDocuments.sign(heads, now.keys().of(now.root(), RoleName.HEADS));
    }

    @Override
    public byte[] sign(Desired desired) {
        Current now = current;
        return DesiredDocuments.sign(desired, now.keys().of(now.root(), RoleName.DIRECTOR));
    }
}
