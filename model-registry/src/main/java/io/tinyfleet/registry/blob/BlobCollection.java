package io.tinyfleet.registry.blob;

import io.tinyfleet.protocol.Digest;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Removes blobs that nobody pins. What was put less than a grace time ago stays whatever the pins say: an upload stores
 * its bytes before it writes its row. Candidates are listed first and pins are asked for after that, anew for each
 * batch, and the store looks at each blob's time once more when it deletes. One run at a time is the caller's duty.
 */
public final class BlobCollection {
    /** Longer than any upload may take. */
    public static final Duration SHORTEST_GRACE = Duration.ofHours(1);

    static final int BATCH = 500;
    /** Digests that a report names. */
    public static final int MAX_NAMED = 100;
    /** Candidates of one run; the rest is for the next. */
    static final int MAX_CANDIDATES = 100_000;

    private final BlobStore store;
    private final List<BlobPins> sources;
    private final Duration grace;

    /** @param sources everybody who stores blobs there */
    public BlobCollection(BlobStore store, Collection<BlobPins> sources, Duration grace) {
        if (grace.compareTo(SHORTEST_GRACE) < 0) {
            throw new IllegalArgumentException("the grace time must be at least " + SHORTEST_GRACE + ", got " + grace);
        }
        if (sources.isEmpty()) {
            throw new IllegalArgumentException("nobody pins anything: all blobs would be collected");
        }
        this.store = store;
        this.sources = List.copyOf(sources);
        this.grace = grace;
    }

    /**
     * What a run found and did.
     *
     * @param dryRun nothing was removed; {@code collected} is what would have been
     * @param blobs all that the store holds
     * @param pinned of the old ones, those in use
     * @param young left alone because of the grace time
     * @param named the first {@value #MAX_NAMED} that were collected
     */
    public record Report(
            boolean dryRun,
            long blobs,
            long bytes,
            long pinned,
            long young,
            long collected,
            long collectedBytes,
            List<Digest> named) {
        /** Takes a copy. */
        public Report {
            named = List.copyOf(named);
        }
    }

    /** Somebody could not say what is in use, so nothing more was removed. */
    public static final class PinsUnknownException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private final String holder;

        PinsUnknownException(String holder, Throwable cause) {
            super("it is not known which blobs " + holder + " uses, so none is removed", cause);
            this.holder = holder;
        }

        /** Who could not say. */
        public String holder() {
            return holder;
        }
    }

    /**
     * One run.
     *
     * @throws PinsUnknownException when a source fails
     * @throws IOException when the store fails
     */
    public Report run(Instant now, boolean dryRun) throws IOException {
        Instant cutoff = now.minus(grace);
        Listing listing = new Listing(cutoff);
        store.forEach(listing::see);
        Tally tally = new Tally();
        for (int from = 0; from < listing.old.size(); from += BATCH) {
            Set<Digest> pins = pins();
            for (StoredBlob blob : listing.old.subList(from, Math.min(from + BATCH, listing.old.size()))) {
                if (pins.contains(blob.digest())) {
                    tally.pinned++;
                } else if (dryRun || store.deleteIfStoredBefore(blob.digest(), cutoff)) {
                    tally.collect(blob);
                } else {
                    listing.young++;
                }
            }
        }
        return new Report(
                dryRun,
                listing.blobs,
                listing.bytes,
                tally.pinned,
                listing.young,
                tally.collected,
                tally.collectedBytes,
                tally.named);
    }

    private Set<Digest> pins() {
        Set<Digest> pins = new HashSet<>();
        for (BlobPins source : sources) {
            try {
                pins.addAll(source.pinned());
            } catch (RuntimeException e) {
                throw new PinsUnknownException(source.holder(), e);
            }
        }
        return pins;
    }

    private static final class Listing {
        private final Instant cutoff;
        private final List<StoredBlob> old = new ArrayList<>();
        private long blobs;
        private long bytes;
        private long young;

        Listing(Instant cutoff) {
            this.cutoff = cutoff;
        }

        void see(StoredBlob blob) {
            blobs++;
            bytes += blob.size();
            if (!blob.storedAt().isBefore(cutoff)) {
                young++;
            } else if (old.size() < MAX_CANDIDATES) {
                old.add(blob);
            }
        }
    }

    private static final class Tally {
        private final List<Digest> named = new ArrayList<>();
        private long pinned;
        private long collected;
        private long collectedBytes;

        void collect(StoredBlob blob) {
            collected++;
            collectedBytes += blob.size();
            if (named.size() < MAX_NAMED) {
                named.add(blob.digest());
            }
        }
    }
}
