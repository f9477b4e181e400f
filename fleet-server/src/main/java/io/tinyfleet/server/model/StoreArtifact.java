package io.tinyfleet.server.model;

import io.quarkus.runtime.StartupEvent;
import io.tinyfleet.protocol.Limits;
import io.tinyfleet.protocol.chunk.ChunkList;
import io.tinyfleet.registry.blob.BlobStore;
import io.tinyfleet.registry.blob.BlobTooLargeException;
import io.tinyfleet.registry.blob.Stored;
import io.tinyfleet.registry.inspect.ModelInspector;
import io.tinyfleet.registry.inspect.ModelRefused;
import io.tinyfleet.server.access.CurrentPerson;
import io.tinyfleet.server.platform.Home;
import io.tinyfleet.server.platform.Problem;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * Takes an uploaded file: receives it aside, looks into it, and only then stores it by its content with its chunk list.
 * A file that is refused leaves nothing behind.
 */
@ApplicationScoped
class StoreArtifact {
    private static final Logger LOG = Logger.getLogger(StoreArtifact.class);

    private final BlobStore blobs;
    private final RegisterArtifact register;
    private final ArtifactDirectory artifacts;
    private final ModelConfig config;
    private final CurrentPerson person;
    private final Home home;
    private final InstantSource clock;

    StoreArtifact(
            BlobStore blobs,
            RegisterArtifact register,
            ArtifactDirectory artifacts,
            ModelConfig config,
            CurrentPerson person,
            Home home,
            InstantSource clock) {
        this.blobs = blobs;
        this.register = register;
        this.artifacts = artifacts;
        this.config = config;
        this.person = person;
        this.home = home;
        this.clock = clock;
    }

    /** What a crash left half received. Nobody uploads before the server has started. */
    void clearLeftovers(@Observes StartupEvent started) throws IOException {
        Path folder = UploadedFile.folderIn(home);
        if (!Files.isDirectory(folder)) {
            return;
        }
        try (DirectoryStream<Path> leftovers = Files.newDirectoryStream(folder, "upload-*.part")) {
            for (Path leftover : leftovers) {
                Files.deleteIfExists(leftover);
            }
        }
    }

    /** @param fresh whether it was not there before */
    record Outcome(ArtifactView artifact, boolean fresh) {}

    Outcome store(InputStream body, ArtifactKind kind, Optional<String> name) throws IOException {
        try (UploadedFile upload = UploadedFile.receive(body, maxBytes(kind), UploadedFile.folderIn(home))) {
            Optional<ArtifactView> known = artifacts.find(upload.sha256());
            if (known.isPresent()) {
                return new Outcome(sameKind(known.get(), kind), false);
            }
            Optional<InspectionView> inspection = inspect(upload, kind);
            ChunkList chunks = ChunkList.of(upload.file(), Limits.CHUNK_BYTES);
            try (InputStream content = Files.newInputStream(upload.file())) {
                blobs.put(content, upload.size());
            }
            byte[] chunkList = chunks.toByteArray();
            Stored storedList = blobs.put(new ByteArrayInputStream(chunkList), chunkList.length);
            ArtifactView artifact = new ArtifactView(
                    upload.sha256(),
                    kind,
                    name,
                    upload.size(),
                    storedList.digest(),
                    storedList.size(),
                    inspection,
                    clock.instant());
            Outcome outcome = register.register(artifact, person.name());
            LOG.infof(
                    "artifact stored sha256=%s kind=%s bytes=%d by=%s",
                    artifact.sha256(), kind, artifact.size(), person.name());
            return new Outcome(sameKind(outcome.artifact(), kind), outcome.fresh());
        } catch (BlobTooLargeException e) {
            throw Problem.tooLarge("The file", maxBytes(kind));
        }
    }

    private long maxBytes(ArtifactKind kind) {
        return switch (kind) {
            case MODEL -> Math.min(config.maxArtifactBytes().asLongValue(), Limits.MAX_BLOB_BYTES);
            case SELF_TEST -> Limits.MAX_SELF_TEST_BYTES;
        };
    }

    private static ArtifactView sameKind(ArtifactView artifact, ArtifactKind kind) {
        if (artifact.kind() != kind) {
            throw Problem.conflict(
                    "artifact-kind-differs",
                    "This file is stored as " + artifact.kind() + " already, it cannot be " + kind + " too.");
        }
        return artifact;
    }

    private static Optional<InspectionView> inspect(UploadedFile upload, ArtifactKind kind) throws IOException {
        if (upload.size() == 0) {
            throw Problem.unprocessable("empty-file", "The file is empty.");
        }
        switch (kind) {
            case MODEL -> {
                try {
                    return Optional.of(InspectionView.of(ModelInspector.inspect(upload.file())));
                } catch (ModelRefused e) {
                    throw Problem.unprocessable(e.code(), e.sentence());
                }
            }
            case SELF_TEST -> {
                try {
                    // At most Limits.MAX_SELF_TEST_BYTES, checked while it was received.
                    SelfTests.parse(Files.readAllBytes(upload.file()));
                    return Optional.empty();
                } catch (SelfTests.Refused e) {
                    throw Problem.unprocessable(e.code(), e.sentence());
                }
            }
        }
        throw new IllegalStateException("unknown kind " + kind);
    }
}
