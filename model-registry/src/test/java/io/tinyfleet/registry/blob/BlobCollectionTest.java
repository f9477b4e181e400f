package io.tinyfleet.registry.blob;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.tinyfleet.protocol.Digest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BlobCollectionTest {
    private static final Duration GRACE = Duration.ofHours(24);

    @TempDir
    Path folder;

    private FileBlobStore store;
    private final Set<Digest> pinned = new HashSet<>();

    @BeforeEach
    void open() throws IOException {
        store = new FileBlobStore(folder);
    }

    @Test
    void what_nobody_pins_goes_and_what_is_pinned_stays() throws Exception {
        Digest kept = put(1);
        Digest gone = put(2);
        pinned.add(kept);

        BlobCollection.Report report = collection().run(inTwoDays(), false);

        assertThat(report.collected()).isEqualTo(1);
        assertThat(report.collectedBytes()).isEqualTo(2);
        assertThat(report.pinned()).isEqualTo(1);
        assertThat(report.named()).containsExactly(gone);
        assertThat(store.find(kept)).isPresent();
        assertThat(store.find(gone)).isEmpty();
    }

    @Test
    void a_dry_run_tells_and_removes_nothing() throws Exception {
        Digest blob = put(5);

        BlobCollection.Report report = collection().run(inTwoDays(), true);

        assertThat(report.dryRun()).isTrue();
        assertThat(report.named()).containsExactly(blob);
        assertThat(store.find(blob)).isPresent();
    }

    @Test
    void what_is_younger_than_the_grace_time_stays() throws Exception {
        Digest blob = put(5);

        BlobCollection.Report report = collection().run(InstantSource.system().instant(), false);

        assertThat(report.young()).isEqualTo(1);
        assertThat(report.collected()).isZero();
        assertThat(store.find(blob)).isPresent();
    }

    @Test
    void a_source_that_fails_stops_everything() throws Exception {
        Digest blob = put(5);
        BlobCollection collection = new BlobCollection(
                store,
                List.of(source("artifacts", () -> Set.of()), source("deltas", () -> {
                    throw new IllegalStateException("database down");
                })),
                GRACE);

        assertThatExceptionOfType(BlobCollection.PinsUnknownException.class)
                .isThrownBy(() -> collection.run(inTwoDays(), false))
                .satisfies(e -> assertThat(e.holder()).isEqualTo("deltas"));
        assertThat(store.find(blob)).isPresent();
    }

    @Test
    void a_blob_that_is_put_again_while_the_run_goes_on_stays() throws Exception {
        Digest blob = put(5);
        // An upload of the same bytes comes between the listing and the deletion; its row is not written yet.
        BlobCollection collection = new BlobCollection(
                new Touching(store, folder, blob, inTwoDays()), List.of(source("artifacts", () -> pinned)), GRACE);

        BlobCollection.Report report = collection.run(inTwoDays(), false);

        assertThat(report.collected()).isZero();
        assertThat(store.find(blob)).isPresent();
    }

    @Test
    void without_sources_or_with_a_short_grace_nothing_starts() {
        assertThatIllegalArgumentException().isThrownBy(() -> new BlobCollection(store, List.of(), GRACE));
        assertThatIllegalArgumentException()
                .isThrownBy(() ->
                        new BlobCollection(store, List.of(source("artifacts", () -> pinned)), Duration.ofMinutes(59)));
    }

    private BlobCollection collection() {
        return new BlobCollection(store, List.of(source("artifacts", () -> pinned)), GRACE);
    }

    private Digest put(int size) throws IOException {
        return store.put(new ByteArrayInputStream(BlobStoreContract.content(size)), BlobStoreContract.NO_LIMIT)
                .digest();
    }

    private static Instant inTwoDays() {
        return InstantSource.system().instant().plus(Duration.ofDays(2));
    }

    private static BlobPins source(String holder, Supplier<Set<Digest>> pins) {
        return new BlobPins() {
            @Override
            public String holder() {
                return holder;
            }

            @Override
            public Set<Digest> pinned() {
                return pins.get();
            }
        };
    }

    /** Makes one blob fresh after the store was listed. */
    private record Touching(FileBlobStore store, Path folder, Digest touched, Instant at) implements BlobStore {
        @Override
        public Stored put(java.io.InputStream content, long maxBytes) throws IOException {
            return store.put(content, maxBytes);
        }

        @Override
        public java.util.Optional<BlobHandle> find(Digest digest) {
            return store.find(digest);
        }

        @Override
        public void forEach(java.util.function.Consumer<StoredBlob> visitor) throws IOException {
            store.forEach(visitor);
            Path file = folder.resolve(touched.hex().substring(0, 2))
                    .resolve(touched.hex().substring(2));
            Files.setLastModifiedTime(file, FileTime.from(at));
        }

        @Override
        public boolean deleteIfStoredBefore(Digest digest, Instant cutoff) throws IOException {
            return store.deleteIfStoredBefore(digest, cutoff);
        }
    }
}
