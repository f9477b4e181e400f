package io.tinyfleet.agent.reconcile;

import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.trust.SeenVersion;
import io.tinyfleet.protocol.v1.BlobRef;
import io.tinyfleet.protocol.v1.Heads;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What signed metadata has said beside the desired document. Only verified things get in here, and only signed times.
 *
 * @param rootVersion version of the root that the rest was verified under; 0 before the first start
 * @param rootTime when that root was issued
 * @param heads newest list of live releases that was verified; null: none under this root's heads keys
 * @param headsTime when it was issued
 * @param floors by model
 * @param wanted what the newest desired document names
 * @param list the verified list that {@code wanted} names; not stored, read again after a restart
 * @param work what is being fetched or judged; not stored
 * @param trouble why nothing new can be installed; null while nothing is wrong; not stored
 */
public record Trust(
        long rootVersion,
        Instant rootTime,
        @Nullable SeenVersion heads,
        Instant headsTime,
        Map<String, Floor> floors,
        Wanted wanted,
        @Nullable Heads list,
        @Nullable Fetch work,
        @Nullable Trouble trouble) {

    /** Nothing has been said yet. */
    public static final Trust NONE =
            new Trust(0, Instant.EPOCH, null, Instant.EPOCH, Map.of(), new Wanted(null, List.of()), null, null, null);

    public Trust {
        floors = Collections.unmodifiableMap(new TreeMap<>(floors));
    }

    /**
     * How low a model may go.
     *
     * @param seen the document that said so
     * @param minSecurityVersion of the releases that may still be started or installed
     */
    public record Floor(SeenVersion seen, long minSecurityVersion, Instant issuedAt, Instant expiresAt) {}

    /** The metadata that a desired document names. A document of before heads were in use names none. */
    public record Wanted(@Nullable BlobRef heads, List<BlobRef> floors) {
        public Wanted {
            floors = List.copyOf(floors);
        }
    }

    /** Why nothing new is installed, as code and sentence. */
    public record Trouble(String code, String sentence) {}

    Trust durable() {
        return new Trust(rootVersion, rootTime, heads, headsTime, floors, wanted, null, null, null);
    }

    /** The highest signed time in here. */
    Instant signedTime() {
        Instant latest = rootTime.isAfter(headsTime) ? rootTime : headsTime;
        for (Floor floor : floors.values()) {
            latest = floor.issuedAt().isAfter(latest) ? floor.issuedAt() : latest;
        }
        return latest;
    }

    /** 0 when the model has none. */
    long floorOf(String model) {
        Floor floor = floors.get(model);
        return floor == null ? 0 : floor.minSecurityVersion();
    }

    Optional<Floor> findFloor(String model) {
        return Optional.ofNullable(floors.get(model));
    }

    Optional<SeenVersion> findHeads() {
        return Optional.ofNullable(heads);
    }

    Trust under(long version, Instant issuedAt) {
        return new Trust(version, issuedAt, heads, headsTime, floors, wanted, list, work, trouble);
    }

    /** The heads keys have changed: what the old ones said no longer counts, not even the time. */
    Trust withoutHeads() {
        return new Trust(
                rootVersion, rootTime, null, Instant.EPOCH, floors, new Wanted(null, List.of()), null, null, null);
    }

    Trust wanting(Wanted next) {
        boolean same = next.heads() != null && next.heads().equals(wanted.heads());
        return new Trust(rootVersion, rootTime, heads, headsTime, floors, next, same ? list : null, null, null);
    }

    Trust listed(SeenVersion seen, Heads verified) {
        Instant issued = Instant.ofEpochMilli(verified.getIssuedAtMillis());
        return new Trust(rootVersion, rootTime, seen, issued, floors, wanted, verified, null, trouble);
    }

    Trust floored(String model, Floor floor) {
        TreeMap<String, Floor> more = new TreeMap<>(floors);
        more.put(model, floor);
        return new Trust(rootVersion, rootTime, heads, headsTime, more, wanted, list, null, trouble);
    }

    Trust working(@Nullable Fetch fetch) {
        return new Trust(rootVersion, rootTime, heads, headsTime, floors, wanted, list, fetch, trouble);
    }

    Trust troubled(@Nullable Trouble why) {
        return new Trust(rootVersion, rootTime, heads, headsTime, floors, wanted, list, work, why);
    }

    /** Named by the newest document; the rest may be deleted. */
    List<Digest> pinned() {
        java.util.ArrayList<Digest> pinned = new java.util.ArrayList<>();
        BlobRef named = wanted.heads();
        if (named != null) {
            pinned.add(Digest.fromBytes(named.getSha256()));
        }
        wanted.floors().forEach(blob -> pinned.add(Digest.fromBytes(blob.getSha256())));
        return pinned;
    }
}
