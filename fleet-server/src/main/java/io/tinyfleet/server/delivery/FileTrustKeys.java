package io.tinyfleet.server.delivery;

import io.quarkus.runtime.Startup;
import io.quarkus.scheduler.Scheduled;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.Limits;
import io.tinyfleet.protocol.trust.DesiredDocuments;
import io.tinyfleet.protocol.trust.Releases;
import io.tinyfleet.protocol.trust.RoleName;
import io.tinyfleet.protocol.trust.RootBuilder;
import io.tinyfleet.protocol.trust.Roots;
import io.tinyfleet.protocol.trust.Roots.RoleSigners;
import io.tinyfleet.protocol.trust.TrustException;
import io.tinyfleet.protocol.trust.TrustedRoot;
import io.tinyfleet.protocol.v1.Desired;
import io.tinyfleet.protocol.v1.Release;
import io.tinyfleet.registry.blob.BlobStore;
import io.tinyfleet.server.model.ReleaseSigner;
import io.tinyfleet.server.platform.Home;
import jakarta.inject.Singleton;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.jboss.logging.Logger;

/**
 * Keeps every signing key in the server's home. That is one place to steal from, so it is said loudly at each start;
 * an installation that minds keeps root and release keys elsewhere.
 */
@Startup
@Singleton
final class FileTrustKeys implements TrustKeys, ReleaseSigner, DocumentSigner {
    private static final Logger LOG = Logger.getLogger(FileTrustKeys.class);

    private record Current(byte[] envelope, TrustedRoot root) {}

    private final KeyFolder folder;
    private final BlobStore blobs;
    private final DeliveryConfig config;
    private final InstantSource clock;
    private final SignatureTime signatureTime;
    private final RoleSigners keys;
    private volatile Current current;

    FileTrustKeys(Home home, BlobStore blobs, DeliveryConfig config, InstantSource clock, SignatureTime signatureTime) {
        this.folder = new KeyFolder(home.keys());
        this.blobs = blobs;
        this.config = config;
        this.clock = clock;
        this.signatureTime = signatureTime;
        try {
            this.keys = folder.keys();
            this.current = open();
        } catch (IOException e) {
            throw new UncheckedIOException("the signing keys under " + home.keys() + " cannot be used", e);
        }
        LOG.warnf(
                "ONE KEY SIGNS FOR THE WHOLE FLEET: the root of trust is 1 of 1 and lies in %s beside the other signing"
                        + " keys. Whoever reads that folder can make every device run anything. Good for trying out;"
                        + " for production keep the root key offline. rootVersion=%d expiresAt=%s",
                home.keys(), current.root().version(), current.root().expiresAt());
        renewWhenDue();
    }

    private Current open() throws IOException {
        byte[] envelope = folder.newestRoot().orElse(null);
        if (envelope == null) {
            Instant now = signatureTime.tick();
            envelope = Roots.selfSigned(keys, now, now.plus(config.rootLife()));
            Current made = checked(envelope);
            folder.writeRoot(1, envelope);
            LOG.infof(
                    "made the signing keys and the first root rootSha256=%s",
                    made.root().digest());
            return publish(made);
        }
        return publish(checked(envelope));
    }

    /** A root that our own keys cannot sign for would only be noticed by every device refusing everything. */
    private Current checked(byte[] envelope) throws IOException {
        try {
            TrustedRoot root = TrustedRoot.pin(envelope);
            byte[] desired = DesiredDocuments.sign(Desired.getDefaultInstance(), List.of(keys.director()));
            root.verify(RoleName.DIRECTOR, io.tinyfleet.protocol.trust.PayloadType.DESIRED, desired);
            byte[] release = Releases.sign(Release.getDefaultInstance(), List.of(keys.release()));
            root.verify(RoleName.RELEASE, io.tinyfleet.protocol.trust.PayloadType.RELEASE, release);
            return new Current(envelope, root);
        } catch (TrustException e) {
            throw new IOException(
                    "the root document and the keys beside it do not belong together: " + e.getMessage(), e);
        }
    }

    /** The root is a blob too, so that a device can fetch the one that a desired document names. */
    private Current publish(Current root) throws IOException {
        blobs.put(new ByteArrayInputStream(root.envelope()), Limits.MAX_METADATA_BYTES);
        return root;
    }

    @Scheduled(every = "6h", delayed = "6h", concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
    void renewWhenDue() {
        TrustedRoot root = current.root();
        if (clock.instant().isBefore(root.expiresAt().minus(config.rootRenewBefore()))) {
            return;
        }
        try {
            Instant now = signatureTime.tick();
            byte[] envelope = new RootBuilder(root.version() + 1, now, now.plus(config.rootLife()))
                    .role(RoleName.ROOT, keys.root())
                    .role(RoleName.RELEASE, keys.release())
                    .role(RoleName.DIRECTOR, keys.director())
                    .role(RoleName.HEADS, keys.heads())
                    .sign(KeyFolder.rootSigners(keys));
            TrustedRoot next = root.next(envelope);
            folder.writeRoot(next.version(), envelope);
            current = publish(new Current(envelope, next));
            LOG.infof("signed the root anew rootVersion=%d expiresAt=%s", next.version(), next.expiresAt());
        } catch (IOException e) {
            throw new UncheckedIOException("the root is due to be signed anew and cannot be written", e);
        } catch (TrustException e) {
            throw new IllegalStateException("the root signed anew does not verify", e);
        }
    }

    @Override
    public byte[] rootEnvelope() {
        return current.envelope().clone();
    }

    @Override
    public Digest rootDigest() {
        return current.root().digest();
    }

    @Override
    public byte[] sign(Release manifest) {
        signatureTime.tick();
        return Releases.sign(manifest, List.of(keys.release()));
    }

    @Override
    public byte[] sign(Desired desired) {
        return DesiredDocuments.sign(desired, List.of(keys.director()));
    }
}
