package io.tinyfleet.agent.enrol;

import io.tinyfleet.agent.install.AgentHome;
import io.tinyfleet.agent.install.Disk;
import io.tinyfleet.protocol.trust.RoleName;
import io.tinyfleet.protocol.trust.TrustException;
import io.tinyfleet.protocol.trust.TrustedRoot;
import java.io.IOException;
import java.util.Set;

/**
 * The root this device holds: pinned at enrolment, then walked on one step at a time. Each step is on the disk before
 * anything is believed under it. Belongs to the loop's thread.
 */
public final class CurrentRoot {
    private final Disk disk;
    private final AgentHome home;
    private TrustedRoot root;

    public CurrentRoot(TrustedRoot pinned, Disk disk, AgentHome home) {
        this.root = pinned;
        this.disk = disk;
        this.home = home;
    }

    public TrustedRoot root() {
        return root;
    }

    /** The very root that is held, sent again. */
    public boolean holds(byte[] rootEnvelope) {
        return root.digest().equals(io.tinyfleet.protocol.Digest.of(rootEnvelope));
    }

    /**
     * Takes version N+1, signed by the thresholds of N and of N+1.
     *
     * @return the roles that have other keys from now on
     * @throws TrustException when it is refused; the root held stays
     * @throws IOException when the disk did not take it; the root held stays
     */
    public Set<RoleName> step(byte[] rootEnvelope) throws TrustException, IOException {
        TrustedRoot next = root.next(rootEnvelope);
        disk.writeAtomic(Identity.rootFile(home), rootEnvelope);
        Set<RoleName> rotated = next.rotatedSince(root);
        root = next;
        return rotated;
    }
}
