package io.tinyfleet.agent.install;

import io.tinyfleet.protocol.Digest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * Where things are on a device, all in one file system:
 *
 * <pre>
 * agent.properties          settings, written by people
 * identity/                 device key, pinned root, credentials
 * trust/desired.dsse        newest desired document that was verified
 * blobs/{sha}.part          a model on its way     blobs/{sha}   small verified blobs
 * blobs/{sha}.decoded       a model that is decoded right now
 * models/{sha256}/model     whole and verified
 * state, state.previous     what runs, what is under way
 * journal                   which chunks were written
 * sources/{slot}            how far a watched folder was read
 * outbox/                   what the server has not stored yet
 * log/agent.log             what happened, with older files beside it
 * status.sock               answers how the running agent is
 * lock                      one agent at a time
 * </pre>
 */
public record AgentHome(Path root, Path scratch) {
    /** @param scratch holds outbox and lock in the place of a root that takes no writes; otherwise the same folder */
    public AgentHome {
        root = root.toAbsolutePath().normalize();
        scratch = scratch.toAbsolutePath().normalize();
    }

    public AgentHome(Path root) {
        this(root, root);
    }

    public Path settings() {
        return root.resolve("agent.properties");
    }

    public Path identity() {
        return root.resolve("identity");
    }

    public Path trust() {
        return root.resolve("trust");
    }

    public Path blobs() {
        return root.resolve("blobs");
    }

    public Path part(Digest blob) {
        return blobs().resolve(blob.hex() + ".part");
    }

    /** An artifact that is being decoded; never whole unless it lies under {@code models/}. */
    public Path decoded(Digest artifact) {
        return blobs().resolve(artifact.hex() + ".decoded");
    }

    public Path blob(Digest blob) {
        return blobs().resolve(blob.hex());
    }

    public Path models() {
        return root.resolve("models");
    }

    public Path model(Digest artifact) {
        return models().resolve(artifact.hex()).resolve("model");
    }

    public Path state() {
        return root.resolve("state");
    }

    public Path previousState() {
        return root.resolve("state.previous");
    }

    public Path journal() {
        return root.resolve("journal");
    }

    public Path outbox() {
        return scratch.resolve("outbox");
    }

    public Path log() {
        return scratch.resolve("log");
    }

    public Path statusSocket() {
        return root.resolve("status.sock");
    }

    public Path lock() {
        return scratch.resolve("lock");
    }

    /** Makes what is missing. */
    public void create(Disk disk) throws IOException {
        for (Path directory : List.of(root, identity(), trust(), blobs(), models(), outbox())) {
            disk.createDirectories(directory);
        }
        disk.flushDirectory(root);
    }
}
