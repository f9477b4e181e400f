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
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * The signing keys in the server's home, and the fleet's roots, which all replicas share and each keeps a copy of beside
 * its keys. The quick start keeps every key there, which is one place to steal
 * from, so it is said loudly at each start; an installation that minds keeps root and release keys elsewhere, and then
 * this server signs nothing in their names. Director and heads must be here: they sign all day.
 */
@Startup
@Singleton
final class FileTrustKeys implements TrustKeys, ReleaseSigner, DocumentSigner {
    private static final Logger LOG = Logger.getLogger(FileTrustKeys.class);

    private record Current(byte[] envelope, TrustedRoot root, HeldKeys keys) {}

    private final KeyFolder folder;
    private final RootChain chain;
    private final BlobStore blobs;
    private final DeliveryConfig config;
    private final InstantSource clock;
    private final SignatureTime signatureTime;
    private volatile Current current;

    FileTrustKeys(
            Home home,
            RootChain chain,
            BlobStore blobs,
            DeliveryConfig config,
            InstantSource clock,
            SignatureTime signatureTime) {
        this.folder = new KeyFolder(home.keys());
        this.chain = chain;
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
        Optional<byte[]> own = folder.newestRoot();
        if (own.isPresent()) {
            return open(own.get());
        }
        return chain.newestVersion() == 0 ? makeFirst() : adopt();
    }

    private Current makeFirst() throws IOException {
        Instant now = signatureTime.tick();
        byte[] envelope = Roots.selfSigned(folder.makeKeys(), now, now.plus(config.rootLife()));
        Current made = checked(envelope);
        share(1, envelope);
        folder.writeRoot(1, envelope);
        LOG.infof(
                "made the signing keys and the first root rootSha256=%s",
                made.root().digest());
        return publish(made);
    }

    /** A new replica, to which somebody has brought the keys: the roots are the fleet's. */
    private Current adopt() throws IOException {
        byte[] first = chain.find(1).orElseThrow(() -> new IOException("the database has no root of version 1"));
        TrustedRoot root;
        try {
            root = TrustedRoot.pin(first);
        } catch (TrustException e) {
            throw new IOException("the fleet's first root in the database cannot be used: " + e.getMessage(), e);
        }
        try {
            return follow(first, root);
        } catch (TrustException e) {
            throw new IOException(
                    "this fleet has roots, up to version " + chain.newestVersion()
                            + ", and the keys here do not belong to them; new keys would be refused by every device: "
                            + e.getMessage(),
                    e);
        }
    }

    /** The folder has roots: what either side lacks is brought to it. */
    private Current open(byte[] newest) throws IOException {
        try {
            TrustedRoot root = TrustedRoot.pin(newest);
            for (long version = chain.newestVersion() + 1; version < root.version(); version++) {
                Optional<byte[]> older = folder.root(version);
                if (older.isPresent()) {
                    share(version, older.get());
                }
            }
            share(root.version(), newest);
            return follow(newest, root);
        } catch (TrustException e) {
            throw new IOException(
                    "the root document and the keys beside it do not belong together: " + e.getMessage(), e);
        }
    }

    private void share(long version, byte[] envelope) throws IOException {
        if (!chain.store(version, envelope)) {
            throw new IOException("the fleet has another root of version " + version
                    + " in its database: the folder keys/ here is another fleet's, or another replica made the first"
                    + " root at the same moment. Bring the keys of a replica of this fleet, without root-*.dsse");
        }
    }

    /** Walks from a root to the newest one, version by version, as a device does. */
    private Current follow(byte[] envelope, TrustedRoot from) throws IOException, TrustException {
        byte[] newest = envelope;
        TrustedRoot root = from;
        List<byte[]> passed = new ArrayList<>();
        passed.add(envelope);
        for (long version = from.version() + 1; version <= chain.newestVersion(); version++) {
            long wanted = version;
            newest = chain.find(version)
                    .orElseThrow(() -> new IOException("the database has no root of version " + wanted));
            root = root.next(newest);
            passed.add(newest);
        }
        Current followed = checked(newest, root);
        for (int i = 0; i < passed.size(); i++) {
            folder.writeRoot(from.version() + i, passed.get(i));
        }
        return publish(followed);
    }

    /** Another replica may have taken or made the next root. */
    @Scheduled(every = "10s", delayed = "10s", concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
    void followOthers() {
        try {
            latest();
        } catch (IllegalStateException e) {
            LOG.error(e.getMessage());
        }
    }

    /**
     * The fleet's newest root with our keys for it.
     *
     * @throws IllegalStateException when this replica does not hold the keys it names
     */
    private synchronized Current latest() {
        if (chain.newestVersion() <= current.root().version()) {
            return current;
        }
        try {
            current = follow(current.envelope(), current.root());
            LOG.infof(
                    "follows the root that another replica took rootVersion=%d",
                    current.root().version());
            return current;
        } catch (IOException | TrustException e) {
            throw new IllegalStateException(
                    "this replica signs nothing: the fleet's root is version " + chain.newestVersion()
                            + ", and it cannot follow: " + e.getMessage(),
                    e);
        }
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
        TrustedRoot root = latest().root();
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
            if (!chain.store(next.version(), envelope)) {
                // Another replica was faster, and its root is as good.
                latest();
                return;
            }
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
        return chain.find(version);
    }

    @Override
    public synchronized TrustedRoot accept(byte[] rootEnvelope) throws TrustException {
        TrustedRoot next = latest().root().next(rootEnvelope);
        next.requireCurrent(clock.instant());
        try {
            Current checked = checked(rootEnvelope, next);
            if (!chain.store(next.version(), rootEnvelope)) {
                throw Problem.conflict(
                        "root-taken",
                        "Another root of version " + next.version() + " was taken a moment ago. Make the next one after"
                                + " that.");
            }
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
        Current now = latest();
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
        Current now = latest();
        return HeadsDocuments.sign(heads, now.keys().of(now.root(), RoleName.HEADS));
    }

    @Override
    public byte[] sign(Desired desired) {
        Current now = latest();
        return DesiredDocuments.sign(desired, now.keys().of(now.root(), RoleName.DIRECTOR));
    }
}
