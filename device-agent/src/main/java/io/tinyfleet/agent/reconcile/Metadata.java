package io.tinyfleet.agent.reconcile;

import com.google.protobuf.ByteString;
import io.tinyfleet.agent.reconcile.Trust.Floor;
import io.tinyfleet.agent.reconcile.Trust.Trouble;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.Limits;
import io.tinyfleet.protocol.trust.HeadsDocuments;
import io.tinyfleet.protocol.trust.RoleName;
import io.tinyfleet.protocol.trust.SeenVersion;
import io.tinyfleet.protocol.trust.TrustException;
import io.tinyfleet.protocol.v1.BlobRef;
import io.tinyfleet.protocol.v1.Chunk;
import io.tinyfleet.protocol.v1.ChunkRange;
import io.tinyfleet.protocol.v1.Desired;
import io.tinyfleet.protocol.v1.Floors;
import io.tinyfleet.protocol.v1.Heads;
import io.tinyfleet.protocol.v1.ModelHeads;
import io.tinyfleet.protocol.v1.Need;
import io.tinyfleet.protocol.v1.Severity;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;

/**
 * The root, the list of live releases and the floors: fetched and verified before anything new is installed. What is
 * wrong with them stops new installs only; what runs goes on, and what is held and verified may still be activated.
 */
final class Metadata {
    /** In the work of a slot that waits for heads and floors. */
    static final String AWAITED = "heads and floors";

    /** Reasons that speak of old age and not of an attack: a newer document cures them. */
    private static final Set<String> STALE = Set.of("expired", "root-expired");

    /** Wait for what was asked for; doubles with each silent round. */
    private static final Duration FIRST_SILENCE = Duration.ofSeconds(3);

    private static final Duration LONGEST_SILENCE = Duration.ofSeconds(60);

    private static final String TIMER = "need/metadata";

    private Metadata() {}

    // ---- the root

    /** At start, and after each step: what roles with other keys said before no longer counts. */
    static void rootHeld(Turn turn, Event.RootHeld event) {
        Set<RoleName> rotated = event.rotated();
        if (rotated.contains(RoleName.DIRECTOR)) {
            turn.forgetDesired();
        }
        if (rotated.contains(RoleName.HEADS)) {
            turn.trust(turn.trust().withoutHeads());
        }
        boolean stepped = turn.trust().rootVersion() != 0 && turn.trust().rootVersion() != event.version();
        turn.trust(turn.trust().under(event.version(), event.issuedAt()));
        if (stepped) {
            turn.raise("root-stepped", Severity.INFO, "the root is version " + event.version() + " now");
        }
    }

    // ---- what the newest document names

    static void wanted(Turn turn, Desired desired) {
        BlobRef heads = desired.hasHeads() ? desired.getHeads() : null;
        turn.trust(turn.trust().wanting(new Trust.Wanted(heads, desired.getFloorsList())));
    }

    /** Fetches what is missing, one after the other; when all is there, the slots that waited go on. */
    static void advance(Turn turn) {
        Trust trust = turn.trust();
        BlobRef heads = trust.wanted().heads();
        if (heads == null || trust.work() != null) {
            return;
        }
        Heads list = trust.list();
        if (list == null) {
            turn.act(new Action.FindMetadata(heads));
            return;
        }
        for (BlobRef floors : trust.wanted().floors()) {
            Optional<ModelHeads> model = modelWithFloors(list, floors);
            if (model.isEmpty()) {
                refused(
                        turn,
                        "floors-not-in-heads",
                        "the document names floors that heads version " + list.getVersion() + " do not list",
                        "floors-refused");
                return;
            }
            if (!holds(trust, model.get())) {
                turn.act(new Action.FindMetadata(floors));
                return;
            }
        }
        Offers.metadataReady(turn);
    }

    private static Optional<ModelHeads> modelWithFloors(Heads list, BlobRef floors) {
        return list.getModelsList().stream()
                .filter(model -> !model.getFloorsSha256().isEmpty())
                .filter(model -> model.getFloorsSha256().equals(floors.getSha256()))
                .findFirst();
    }

    private static boolean holds(Trust trust, ModelHeads model) {
        return trust.findFloor(model.getModel())
                .filter(floor -> floor.seen().envelope().toBytes().equals(model.getFloorsSha256()))
                .isPresent();
    }

    /** All that the newest document names has been verified. */
    static boolean ready(Turn turn) {
        Trust trust = turn.trust();
        Heads list = trust.list();
        return list != null
                && trust.wanted().floors().stream()
                        .allMatch(floors -> modelWithFloors(list, floors)
                                .filter(model -> holds(trust, model))
                                .isPresent());
    }

    /** The newest document names floors that are being fetched or judged; nothing has gone wrong with them so far. */
    static boolean floorsAreOnTheirWay(Turn turn) {
        Trust trust = turn.trust();
        return trust.trouble() == null
                && trust.wanted().heads() != null
                && !trust.wanted().floors().isEmpty()
                && !ready(turn);
    }

    // ---- bytes

    static void found(Turn turn, Event.MetadataFound event) {
        Trust trust = turn.trust();
        Digest digest = Digest.fromBytes(event.blob().getSha256());
        if (event.blob().equals(trust.wanted().heads())) {
            turn.act(new Action.VerifyHeads(digest, trust.findHeads(), turn.trustedTime(), event.content()));
            return;
        }
        Heads list = trust.list();
        if (list == null || !trust.wanted().floors().contains(event.blob())) {
            return;
        }
        modelWithFloors(list, event.blob())
                .ifPresent(model -> turn.act(new Action.VerifyFloors(
                        model.getModel(),
                        digest,
                        trust.findFloor(model.getModel()).map(Floor::seen),
                        turn.trustedTime(),
                        event.content())));
    }

    static void absent(Turn turn, Event.MetadataAbsent event) {
        if (isWanted(turn, event.blob())) {
            ask(
                    turn,
                    Fetch.small(
                            Purpose.METADATA,
                            Digest.fromBytes(event.blob().getSha256()),
                            event.blob().getSize(),
                            Limits.CHUNK_BYTES,
                            turn.uptime()));
        }
    }

    private static boolean isWanted(Turn turn, BlobRef blob) {
        Trust.Wanted wanted = turn.trust().wanted();
        return blob.equals(wanted.heads()) || wanted.floors().contains(blob);
    }

    private static void ask(Turn turn, Fetch fetch) {
        turn.trust(turn.trust().working(fetch));
        Need.Builder need = Need.newBuilder()
                .setBlobSha256(fetch.blob().toBytes())
                .setWindow(Limits.MAX_NEED_WINDOW)
                .addRanges(ChunkRange.newBuilder().setFirst(0).setCount(fetch.count()));
        if (turn.isConnected()) {
            turn.act(new Action.SendNeed(need.build()));
        }
        Duration doubled =
                FIRST_SILENCE.multipliedBy(1L << Math.min(fetch.patience().silentRounds(), 10));
        Duration patience = doubled.compareTo(LONGEST_SILENCE) < 0 ? doubled : LONGEST_SILENCE;
        turn.act(new Action.StartTimer(TIMER, patience, new Event.MetadataTimeout(fetch.blob())));
    }

    static void timeout(Turn turn, Digest blob) {
        Fetch fetch = turn.trust().work();
        if (fetch != null && fetch.blob().equals(blob)) {
            ask(turn, fetch.silence(turn.uptime()));
        }
    }

    static void connected(Turn turn) {
        Fetch fetch = turn.trust().work();
        if (fetch != null) {
            ask(turn, fetch);
        }
    }

    static void chunkArrived(Turn turn, Chunk chunk) {
        Fetch fetch = turn.trust().work();
        if (fetch == null || !fetch.blob().toBytes().equals(chunk.getBlobSha256())) {
            return;
        }
        if (!chunk.getRefusal().isEmpty()) {
            turn.trust(turn.trust().working(fetch.refuse()));
            return;
        }
        int index = chunk.getIndex();
        boolean fits = index >= 0
                && index < fetch.count()
                && chunk.getBlobSize() == fetch.wanted().size()
                && chunk.getData().size() == fetch.lengthOf(index);
        if (!fits) {
            turn.raise(
                    "chunk-refused",
                    Severity.SECURITY,
                    "wrong-place: chunk " + Integer.toUnsignedString(index) + " of metadata with "
                            + chunk.getData().size() + " bytes");
            return;
        }
        keep(turn, fetch.keep(index, chunk.getData(), turn.uptime()));
    }

    private static void keep(Turn turn, Fetch fetch) {
        if (!fetch.complete()) {
            turn.trust(turn.trust().working(fetch));
            return;
        }
        byte[] whole = fetch.whole();
        if (!Digest.of(whole).equals(fetch.blob())) {
            turn.raise(
                    "blob-refused",
                    Severity.SECURITY,
                    "wrong-digest: metadata " + fetch.blob().shortHex() + " came whole, but with another digest");
            // Asked for again when the wait for it ends, so that a flood of bad ones costs nothing.
            turn.trust(turn.trust().working(fetch.spoil(turn.uptime())));
            return;
        }
        turn.trust(turn.trust().working(null));
        turn.act(new Action.StoreBlob(fetch.blob(), whole));
        BlobRef blob = BlobRef.newBuilder()
                .setSha256(fetch.blob().toBytes())
                .setSize(fetch.wanted().size())
                .build();
        found(turn, new Event.MetadataFound(blob, whole));
    }

    // ---- judgements

    static void headsVerified(Turn turn, Event.HeadsVerified event) {
        BlobRef heads = turn.trust().wanted().heads();
        if (heads == null || !heads.getSha256().equals(event.envelope().toBytes())) {
            return;
        }
        turn.trust(turn.trust()
                .listed(new SeenVersion(event.heads().getVersion(), event.envelope()), event.heads())
                .troubled(null));
        advance(turn);
    }

    static void floorsVerified(Turn turn, Event.FloorsVerified event) {
        Floors floors = event.floors();
        turn.trust(turn.trust()
                .floored(
                        floors.getModel(),
                        new Floor(
                                new SeenVersion(floors.getVersion(), event.envelope()),
                                floors.getMinSecurityVersion(),
                                Instant.ofEpochMilli(floors.getIssuedAtMillis()),
                                Instant.ofEpochMilli(floors.getExpiresAtMillis())))
                .troubled(null));
        advance(turn);
    }

    static void metadataRefused(Turn turn, Event.MetadataRefused event) {
        if (!isWantedDigest(turn, event.envelope())) {
            return;
        }
        if (STALE.contains(event.code())) {
            stale(turn, event.sentence());
            return;
        }
        refused(turn, event.code(), event.sentence(), event.what() + "-refused");
    }

    private static boolean isWantedDigest(Turn turn, Digest envelope) {
        return turn.trust().pinned().contains(envelope);
    }

    /** New installs wait until somebody signs again; said once. */
    private static void stale(Turn turn, String sentence) {
        Trouble trouble = new Trouble("stale-metadata", sentence);
        if (!trouble.equals(turn.trust().trouble())) {
            turn.trust(turn.trust().troubled(trouble));
            turn.raise("stale-metadata", Severity.WARNING, sentence);
            Offers.metadataStale(turn);
            turn.report();
        }
    }

    private static void refused(Turn turn, String code, String sentence, String eventCode) {
        turn.trust(turn.trust().troubled(new Trouble(eventCode, code + ": " + sentence)));
        turn.raise(eventCode, Severity.SECURITY, code + ": " + sentence);
        Offers.metadataRefused(turn, eventCode, code + ": " + sentence);
    }

    // ---- what an offer asks

    /** The model of a live release, or the slot is put to wait or to an end. */
    static Optional<String> modelOf(Turn turn, SlotState slot, Digest release) {
        Heads list = turn.trust().list();
        if (list == null || !ready(turn)) {
            return waitOrEnd(turn, slot);
        }
        try {
            HeadsDocuments.requireCurrent(list, turn.trustedTime());
            ModelHeads model = HeadsDocuments.modelOf(list, release);
            return requireFloors(turn, slot, model);
        } catch (TrustException e) {
            if (STALE.contains(e.code())) {
                turn.put(slot.with((Work) new Work.Awaiting(AWAITED)));
                stale(turn, String.valueOf(e.getMessage()));
                return Optional.empty();
            }
            turn.raise("release-refused", Severity.SECURITY, slot, e.code() + ": " + e.getMessage());
            Offers.fail(turn, slot, e.code(), String.valueOf(e.getMessage()), false);
            return Optional.empty();
        }
    }

    private static Optional<String> waitOrEnd(Turn turn, SlotState slot) {
        if (turn.trust().wanted().heads() == null) {
            Offers.fail(turn, slot, "no-heads", "the document names no list of live releases", false);
            return Optional.empty();
        }
        Trouble trouble = turn.trust().trouble();
        if (trouble != null && !trouble.code().equals("stale-metadata")) {
            Offers.fail(turn, slot, trouble.code(), trouble.sentence(), false);
            return Optional.empty();
        }
        turn.put(slot.with((Work) new Work.Awaiting(AWAITED)));
        return Optional.empty();
    }

    private static Optional<String> requireFloors(Turn turn, SlotState slot, ModelHeads model) {
        ByteString named = model.getFloorsSha256();
        if (!named.isEmpty() && !holds(turn.trust(), model)) {
            String sentence = "heads list floors of " + model.getModel() + " and the document does not bring them";
            turn.raise("floors-refused", Severity.SECURITY, slot, "floors-missing: " + sentence);
            Offers.fail(turn, slot, "floors-missing", sentence, false);
            return Optional.empty();
        }
        Optional<Floor> floor = turn.trust().findFloor(model.getModel());
        if (floor.isPresent() && !turn.trustedTime().isBefore(floor.get().expiresAt())) {
            turn.put(slot.with((Work) new Work.Awaiting(AWAITED)));
            stale(
                    turn,
                    "the floors of " + model.getModel() + " ended at "
                            + floor.get().expiresAt());
            return Optional.empty();
        }
        return Optional.of(model.getModel());
    }

    /** A sentence when the model may no longer be gone back to. */
    static Optional<String> belowFloor(Turn turn, Installed installed) {
        long floor = turn.trust().floorOf(installed.model());
        return installed.securityVersion() < floor
                ? Optional.of(installed.model() + " " + installed.version() + " has security version "
                        + installed.securityVersion() + ", the floor of the model is " + floor)
                : Optional.empty();
    }
}
