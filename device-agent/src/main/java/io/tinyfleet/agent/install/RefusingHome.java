package io.tinyfleet.agent.install;

import io.tinyfleet.protocol.Digest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;

/**
 * A home on a disk that is full or read-only, as a memory card makes itself when it wears out. What is installed runs
 * on; what has to be written to run at all (outbox, lock) goes to the system's temporary folder for this one life.
 */
public record RefusingHome(AgentHome home, DiskTrouble trouble) {
    private static final int PROBE_BYTES = 4096;

    /** Tries it; empty when the disk takes what it is given. */
    public static Optional<RefusingHome> find(Disk disk, AgentHome home) throws IOException {
        try {
            home.create(disk);
            Path probe = home.root().resolve("probe");
            disk.writeAtomic(probe, new byte[PROBE_BYTES]);
            disk.delete(probe);
            return Optional.empty();
        } catch (IOException e) {
            Path scratch = scratch(home.root());
            return Optional.of(new RefusingHome(new AgentHome(home.root(), scratch), DiskTrouble.of(e)));
        }
    }

    /** The same for each life over one home, so that two agents still meet at its lock; nobody else's. */
    private static Path scratch(Path root) throws IOException {
        String name = "tinyfleet-"
                + Digest.of(root.toString().getBytes(StandardCharsets.UTF_8)).shortHex();
        Path folder = Path.of(System.getProperty("java.io.tmpdir", "/tmp")).resolve(name);
        try {
            Files.createDirectory(
                    folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        } catch (FileAlreadyExistsException e) {
            boolean ours = Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)
                    && Files.getOwner(folder, LinkOption.NOFOLLOW_LINKS).equals(Files.getOwner(Path.of("/proc/self")));
            if (!ours) {
                throw new IOException(folder + " is not this user's folder: remove it", e);
            }
        }
        return folder;
    }
}
