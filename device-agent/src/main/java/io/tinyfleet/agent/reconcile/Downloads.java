package io.tinyfleet.agent.reconcile;

import io.tinyfleet.agent.reconcile.Install.Downloading;
import io.tinyfleet.agent.reconcile.Install.Verified;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.Limits;
import io.tinyfleet.protocol.chunk.ChunkList;
import io.tinyfleet.protocol.v1.ChunkRange;
import io.tinyfleet.protocol.v1.Encoding;
import io.tinyfleet.protocol.v1.Need;
import io.tinyfleet.protocol.v1.Severity;
import java.time.Duration;
import java.util.BitSet;
import java.util.Optional;

/** Bytes from the server: what is held is not asked for again. What comes is taken in by {@link Arrivals}. */
final class Downloads {
    /** The longest wait for chunks that were asked for. */
    static final Duration MAX_SILENCE = Duration.ofSeconds(60);

    private Downloads() {}

    // ---- what the disk holds

    static void findChunkList(Turn turn, SlotState slot) {
        Offer offer = slot.findOffer().orElseThrow();
        Optional<Encoding> encoding = slot.findEncoding();
        if (encoding.isEmpty()) {
            Offers.fail(
                    turn,
                    slot,
                    "no-usable-encoding",
                    "none of the " + offer.wanted().getEncodingsCount() + " offered encodings has led to the file",
                    false);
            return;
        }
        if (encoding.get().hasChunkList()) {
            turn.put(slot.with((Work) new Work.Awaiting("chunk list")));
            turn.act(new Action.FindBlob(
                    slot.name(),
                    offer.attempt(),
                    Purpose.CHUNK_LIST,
                    encoding.get().getChunkList()));
            return;
        }
        // A file of one chunk needs no list: its own digest is the list.
        findModel(
                turn, slot, encoding.get(), encoding.get().getBlob().getSha256().toByteArray());
    }

    private static void findModel(Turn turn, SlotState slot, Encoding encoding, byte[] chunkList) {
        try {
            ChunkList.parse(chunkList, encoding.getBlob().getSize(), encoding.getChunkSize());
        } catch (IllegalArgumentException e) {
            Offers.fail(turn, slot, "bad-chunk-list", String.valueOf(e.getMessage()), false);
            return;
        }
        Offer offer = slot.findOffer().orElseThrow();
        boolean claimedByOther = turn.lanes().stream()
                .filter(other -> !other.key().equals(slot.key()))
                .filter(other -> other.work().claims())
                .anyMatch(other -> other.findOffer().map(Offer::artifact).equals(Optional.of(offer.artifact())));
        if (claimedByOther) {
            turn.put(slot.with((Work) new Work.Queued()));
            return;
        }
        turn.put(slot.with((Work) new Work.OnDisk()));
        turn.act(new Action.FindModel(slot.name(), offer.attempt(), file(slot, offer, encoding), encoding, chunkList));
    }

    private static Action.ModelFile file(SlotState slot, Offer offer, Encoding encoding) {
        long size = slot.install() instanceof Downloading downloading
                ? downloading.candidate().size()
                : slot.install() instanceof Verified verified
                        ? verified.candidate().size()
                        : encoding.getBlob().getSize();
        return new Action.ModelFile(offer.artifact(), size);
    }

    /** A download has ended: slots that waited for the same file look again. */
    static void wakeQueued(Turn turn) {
        for (SlotState slot : turn.lanes()) {
            if (slot.work() instanceof Work.Queued) {
                findChunkList(turn, slot);
            }
        }
    }

    static void blobFound(Turn turn, Event.BlobFound event) {
        turn.findWorking(event.slot(), event.attempt())
                .ifPresent(slot -> use(turn, slot, event.purpose(), event.content()));
    }

    /** A small blob is here and right. */
    static void use(Turn turn, SlotState slot, Purpose purpose, byte[] content) {
        Offer offer = slot.findOffer().orElseThrow();
        switch (purpose) {
            case RELEASE -> Offers.verifyRelease(turn, slot, content);
            case CHUNK_LIST -> slot.findEncoding().ifPresent(encoding -> findModel(turn, slot, encoding, content));
            case SELF_TEST -> Offers.beginTrial(turn, slot, Digest.of(content));
            case MODEL, METADATA ->
                throw new IllegalStateException("neither a model nor metadata comes as a slot's small blob");
        }
    }

    static void blobAbsent(Turn turn, Event.BlobAbsent event) {
        turn.findWorking(event.slot(), event.attempt()).ifPresent(slot -> {
            Fetch fetch = Fetch.small(event.purpose(), event.blob(), event.size(), Limits.CHUNK_BYTES, turn.uptime());
            ask(turn, slot, fetch);
        });
    }

    static void partScanned(Turn turn, Event.PartScanned event) {
        Optional<SlotState> working = turn.findWorking(event.slot(), event.attempt());
        if (working.isEmpty()) {
            return;
        }
        SlotState slot = working.get();
        if (slot.install() instanceof Verified verified) {
            // It was whole once; the disk has spoiled it since.
            turn.raise(
                    "model-spoiled",
                    Severity.ERROR,
                    slot,
                    "the stored file no longer has its hash; it is fetched again");
            slot = slot.with(verified.fetchAgain());
        }
        if (!(slot.install() instanceof Downloading downloading)) {
            return;
        }
        Encoding encoding = slot.findEncoding().orElseThrow();
        slot = slot.with(downloading.counted(
                event.counters().andSpent(downloading.spent()).by(encoding.getKind())));
        ChunkList list = ChunkList.parse(event.chunkList(), encoding.getBlob().getSize(), encoding.getChunkSize());
        Fetch fetch = Fetch.model(
                Digest.fromBytes(encoding.getBlob().getSha256()),
                list,
                encoding.getChunkSize(),
                event.held(),
                event.before(),
                turn.uptime());
        turn.report();
        if (fetch.complete()) {
            assemble(turn, slot);
            return;
        }
        Transport transport =
                fetch.transport().reported(turn.uptime(), event.counters().bytesDone());
        OtherWays.chooseAgain(turn, slot, fetch.with(transport));
    }

    /** The encoding whose blob is fetched. */
    static Encoding encodingOf(SlotState slot) {
        return slot.findEncoding().orElseThrow();
    }

    // ---- asking

    static void connected(Turn turn) {
        turn.connected(true);
        turn.report();
        for (SlotState slot : turn.lanes()) {
            slot.work().findFetch().ifPresent(fetch -> {
                Way way = fetch.transport().way();
                if (way.listens()) {
                    ask(turn, slot, fetch.by(fetch.transport().by(Way.JOINING), turn.uptime()));
                } else if (way != Way.LINK) {
                    ask(turn, slot, fetch.ask(Chunks.NONE));
                }
            });
        }
    }

    /** The operator has changed the rules: each model looks for its way anew. */
    static void paceChanged(Turn turn) {
        for (SlotState any : turn.lanes()) {
            SlotState slot = turn.current(any);
            slot.work()
                    .findFetch()
                    .filter(fetch -> fetch.wanted().list() != null)
                    .ifPresent(fetch -> {
                        turn.report();
                        OtherWays.chooseAgain(turn, slot, fetch);
                    });
        }
    }

    static void needTimeout(Turn turn, Event.NeedTimeout event) {
        SlotState slot = turn.slot(event.slot(), event.lane());
        slot.work().findFetch().ifPresent(fetch -> {
            Duration silent = turn.uptime().minus(fetch.patience().heard());
            Duration patience = patience(fetch);
            if (silent.compareTo(patience) < 0) {
                startTimer(turn, slot, fetch, patience.minus(silent));
                return;
            }
            if (fetch.transport().way() != Way.OWN) {
                OtherWays.silent(turn, slot, fetch);
                return;
            }
            Fetch again = fetch.silence(turn.uptime());
            Way way = turn.isConnected() ? Ways.afterSilence(again) : Way.OWN;
            ask(turn, slot, way == Way.OWN ? again : again.by(again.transport().by(way), turn.uptime()));
        });
    }

    static void downloadDue(Turn turn, Event.DownloadDue event) {
        SlotState slot = turn.slot(event.slot(), event.lane());
        slot.work().findFetch().ifPresent(fetch -> ask(turn, slot, fetch));
    }

    static Duration patience(Fetch fetch) {
        Duration first = fetch.transport().way().patience();
        Duration doubled = first.multipliedBy(1L << Math.min(fetch.patience().silentRounds(), 10));
        Duration most = first.compareTo(MAX_SILENCE) > 0 ? first : MAX_SILENCE;
        return doubled.compareTo(most) < 0 ? doubled : most;
    }

    /** Asks for what is neither held nor on its way, in the way that the blob comes. */
    static void ask(Turn turn, SlotState slot, Fetch fetch) {
        if (fetch.wanted().list() != null
                && turn.pace().findReasonToWait(fetch.bytesLeft()).isPresent()) {
            Transport waiting = fetch.transport().by(Way.WAITING);
            if (fetch.transport().way() != Way.WAITING) {
                turn.report();
            }
            turn.put(slot.with((Work) new Work.Fetching(fetch.by(waiting, turn.uptime()))));
            return;
        }
        if (fetch.transport().way() != Way.OWN) {
            OtherWays.ask(turn, slot, fetch);
            return;
        }
        askOwn(turn, slot, fetch);
    }

    private static void askOwn(Turn turn, SlotState slot, Fetch fetch) {
        int unit = (int) Math.min(fetch.wanted().chunkBytes(), fetch.wanted().size());
        int room = Math.max(0, fetch.transport().window() - fetch.asked().count());
        int wanted =
                Math.min(room, fetch.count() - fetch.held().union(fetch.asked()).count());
        int allowed = turn.pace().allowed(wanted, unit, turn.uptime());
        Need.Builder need = need(slot, fetch);
        Chunks more = addRanges(need, fetch, fetch.asked(), allowed);
        turn.pace(turn.pace().spend(more.count(), unit, turn.uptime()));
        Fetch asking = fetch.ask(fetch.asked().union(more));
        turn.put(slot.with((Work) new Work.Fetching(asking)));
        if (need.getRangesCount() > 0 && turn.isConnected()) {
            turn.act(new Action.SendNeed(need.build()));
        }
        if (allowed < wanted) {
            waitForPace(turn, slot, asking);
        }
        if (asking.asked().count() > 0) {
            startTimer(turn, slot, asking, patience(asking));
        }
    }

    static Need.Builder need(SlotState slot, Fetch fetch) {
        return Need.newBuilder()
                .setBlobSha256(fetch.blob().toBytes())
                .setWindow(Limits.MAX_NEED_WINDOW)
                .setAttemptId(slot.findOffer().orElseThrow().attempt().toBytes());
    }

    /** Adds what is neither held nor in {@code not}, up to {@code most} chunks, as ranges; says which. */
    static Chunks addRanges(Need.Builder need, Fetch fetch, Chunks not, int most) {
        BitSet added = new BitSet();
        int from = -1;
        int length = 0;
        for (int i = fetch.held().nextAbsent(0);
                i < fetch.count() && added.cardinality() < most;
                i = fetch.held().nextAbsent(i + 1)) {
            if (not.has(i)) {
                continue;
            }
            if (length > 0 && i != from + length) {
                need.addRanges(ChunkRange.newBuilder().setFirst(from).setCount(length));
                length = 0;
                if (need.getRangesCount() == Limits.MAX_NEED_RANGES) {
                    return Chunks.of(added);
                }
            }
            if (length == 0) {
                from = i;
            }
            length++;
            added.set(i);
        }
        if (length > 0) {
            need.addRanges(ChunkRange.newBuilder().setFirst(from).setCount(length));
        }
        return Chunks.of(added);
    }

    static void waitForPace(Turn turn, SlotState slot, Fetch fetch) {
        int unit = (int) Math.min(fetch.wanted().chunkBytes(), fetch.wanted().size());
        turn.act(new Action.StartTimer(
                "pace/" + slot.key(),
                turn.pace().untilNext(unit, turn.uptime()),
                new Event.DownloadDue(slot.name(), slot.lane())));
    }

    static void startTimer(Turn turn, SlotState slot, Fetch fetch, Duration delay) {
        turn.act(new Action.StartTimer(
                "need/" + slot.key(),
                Jitter.over(delay, turn.uptime(), fetch.blob()),
                new Event.NeedTimeout(slot.name(), slot.lane())));
    }

    // ---- the whole

    static void assemble(Turn turn, SlotState slot) {
        Offer offer = slot.findOffer().orElseThrow();
        Encoding encoding = slot.findEncoding().orElseThrow();
        turn.put(slot.with((Work) new Work.OnDisk()));
        turn.act(new Action.AssembleModel(slot.name(), offer.attempt(), file(slot, offer, encoding), encoding));
    }

    /** The next best way is gone; when there is none, the attempt has failed. */
    static void encodingRefused(Turn turn, Event.EncodingRefused event) {
        Optional<SlotState> working = turn.findWorking(event.slot(), event.attempt());
        if (working.isEmpty()) {
            return;
        }
        SlotState slot = working.get();
        if (slot.install() instanceof Verified verified) {
            slot = slot.with(verified.fetchAgain());
        }
        Optional<Encoding> encoding =
                slot.findEncoding().filter(used -> Encodings.blobOf(used).equals(event.blob()));
        if (encoding.isEmpty() || !(slot.install() instanceof Downloading downloading)) {
            return;
        }
        turn.raise(
                "encoding-refused",
                Severity.WARNING,
                slot,
                event.code() + ": " + Encodings.named(encoding.get()) + ": " + event.sentence());
        findChunkList(turn, slot.with(downloading.without(event.blob())));
        turn.report();
    }

    static void modelRefused(Turn turn, Event.ModelRefused event) {
        turn.findWorking(event.slot(), event.attempt())
                .ifPresent(slot -> Offers.fail(turn, slot, event.code(), event.sentence(), false));
    }
}
