package io.tinyfleet.agent.reconcile;

import com.google.protobuf.ByteString;
import io.tinyfleet.agent.reconcile.Install.Downloading;
import io.tinyfleet.agent.reconcile.Install.Verified;
import io.tinyfleet.protocol.AttemptId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.Limits;
import io.tinyfleet.protocol.SlotName;
import io.tinyfleet.protocol.chunk.ChunkList;
import io.tinyfleet.protocol.v1.Chunk;
import io.tinyfleet.protocol.v1.ChunkRange;
import io.tinyfleet.protocol.v1.Encoding;
import io.tinyfleet.protocol.v1.Need;
import io.tinyfleet.protocol.v1.Severity;
import java.time.Duration;
import java.util.BitSet;
import java.util.Optional;

/** Bytes from the server: each chunk is verified before it is written, and what is held is not asked for again. */
final class Downloads {
    /** The longest wait for chunks that were asked for. */
    static final Duration MAX_SILENCE = Duration.ofSeconds(60);

    /** Chunks with a wrong hash, index or length in one download, before it is given up. */
    static final int MAX_REFUSED_CHUNKS = 64;

    /** Times that a small blob may come whole and wrong. */
    static final int MAX_SPOILED = 3;

    /** Times that the server may say that it does not have a blob. */
    static final int MAX_REFUSALS = 5;

    /** Progress is reported at each tenth, but not more often than this. */
    private static final Duration BETWEEN_TENTHS = Duration.ofSeconds(1);

    /** Between tenths progress is reported after this time, if there was a hundredth at least. */
    private static final Duration BETWEEN_REPORTS = Duration.ofSeconds(5);

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
        boolean claimedByOther = turn.slots().stream()
                .filter(other -> !other.name().equals(slot.name()))
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
        for (SlotState slot : turn.slots()) {
            if (slot.work() instanceof Work.Queued) {
                findChunkList(turn, slot);
            }
        }
    }

    static void blobFound(Turn turn, Event.BlobFound event) {
        turn.findWorking(event.slot(), event.attempt())
                .ifPresent(slot -> use(turn, slot, event.purpose(), event.content()));
    }

    private static void use(Turn turn, SlotState slot, Purpose purpose, byte[] content) {
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
        for (SlotState slot : turn.slots()) {
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
        for (SlotState any : turn.slots()) {
            SlotState slot = turn.slot(any.name());
            slot.work()
                    .findFetch()
                    .filter(fetch -> fetch.wanted().list() != null)
                    .ifPresent(fetch -> {
                        turn.report();
                        OtherWays.chooseAgain(turn, slot, fetch);
                    });
        }
    }

    static void needTimeout(Turn turn, SlotName name) {
        SlotState slot = turn.slot(name);
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

    static void downloadDue(Turn turn, SlotName name) {
        SlotState slot = turn.slot(name);
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
                "pace/" + slot.name(), turn.pace().untilNext(unit, turn.uptime()), new Event.DownloadDue(slot.name())));
    }

    static void startTimer(Turn turn, SlotState slot, Fetch fetch, Duration delay) {
        turn.act(new Action.StartTimer(
                "need/" + slot.name(),
                Jitter.over(delay, turn.uptime(), fetch.blob()),
                new Event.NeedTimeout(slot.name())));
    }

    // ---- a chunk

    static void chunkArrived(Turn turn, Event.ChunkArrived event) {
        Chunk chunk = event.chunk();
        for (SlotState any : turn.slots()) {
            // Taking a chunk can end one download and wake another: each slot is looked at as it is now.
            SlotState slot = turn.slot(any.name());
            slot.work()
                    .findFetch()
                    .filter(fetch -> fetch.blob().toBytes().equals(chunk.getBlobSha256()))
                    .ifPresent(fetch -> take(turn, slot, fetch, event));
        }
        // Late answers to a download that has ended, or was begun before a restart: nothing asks for them.
    }

    private static void take(Turn turn, SlotState slot, Fetch fetch, Event.ChunkArrived event) {
        Chunk chunk = event.chunk();
        int index = chunk.getIndex();
        if (event.way() == Way.OWN && chunk.hasLink()) {
            OtherWays.linkGiven(turn, slot, fetch, chunk.getLink());
            return;
        }
        if (event.way() == Way.OWN && !chunk.getRefusal().isEmpty()) {
            serverRefused(turn, slot, fetch, chunk.getRefusal());
            return;
        }
        if (index >= 0 && fetch.held().has(index)) {
            // Sent twice, or for somebody else: it is here, whatever this one holds.
            return;
        }
        Optional<String> wrong = findWrong(fetch, chunk);
        if (wrong.isPresent() && event.way() != Way.OWN) {
            OtherWays.refuseChunk(turn, slot, fetch, event.way(), wrong.get());
            return;
        }
        if (wrong.isPresent()) {
            refuseChunk(turn, slot, fetch, index, wrong.get());
            return;
        }
        if (fetch.wanted().list() == null) {
            keepPiece(turn, slot, fetch, index, chunk.getData());
            return;
        }
        write(turn, slot, fetch, index, chunk.getData());
    }

    private static Optional<String> findWrong(Fetch fetch, Chunk chunk) {
        int index = chunk.getIndex();
        if (chunk.getBlobSize() != fetch.wanted().size()) {
            return Optional.of("wrong-size: the blob has " + fetch.wanted().size() + " bytes, the chunk says "
                    + chunk.getBlobSize());
        }
        if (index < 0 || index >= fetch.count()) {
            return Optional.of("wrong-index: the blob has " + fetch.count() + " chunks, this is number "
                    + Integer.toUnsignedString(index));
        }
        if (chunk.getData().size() != fetch.lengthOf(index)) {
            return Optional.of("wrong-length: chunk " + index + " has " + fetch.lengthOf(index) + " bytes, got "
                    + chunk.getData().size());
        }
        ChunkList list = fetch.wanted().list();
        if (list != null && !list.matches(index, chunk.getData().toByteArray())) {
            return Optional.of("wrong-hash: chunk " + index + " does not have the hash in the chunk list");
        }
        return Optional.empty();
    }

    private static void refuseChunk(Turn turn, SlotState slot, Fetch fetch, int index, String why) {
        turn.raise("chunk-refused", Severity.SECURITY, slot, why);
        turn.act(new Action.NoteRefusedChunk(fetch.blob(), index));
        SlotState counted = slot;
        if (slot.install() instanceof Downloading downloading) {
            counted = slot.with(downloading.counted(downloading.counters().refusedOne()));
        }
        turn.put(counted);
        long fromServer =
                counted.install().counters().chunksRefused() - fetch.transport().badElsewhere();
        if (fromServer >= MAX_REFUSED_CHUNKS) {
            Offers.fail(
                    turn,
                    counted,
                    "chunks-refused",
                    MAX_REFUSED_CHUNKS + " chunks were refused, the last: " + why,
                    false);
        }
        // The right chunk is asked for again when the wait for it ends, so that a flood of bad ones costs nothing.
    }

    private static void serverRefused(Turn turn, SlotState slot, Fetch fetch, String why) {
        if (fetch.transport().way() == Way.LINK_ASKED) {
            OtherWays.leaveLinks(turn, slot, fetch);
            return;
        }
        if (fetch.patience().refusals() + 1 >= MAX_REFUSALS) {
            Offers.fail(
                    turn,
                    slot,
                    "blob-unavailable",
                    "the server refused the blob " + fetch.blob().shortHex() + ": " + why,
                    false);
            return;
        }
        turn.put(slot.with((Work) new Work.Fetching(fetch.refuse())));
    }

    private static void keepPiece(Turn turn, SlotState slot, Fetch fetch, int index, ByteString piece) {
        if (!fetch.asked().has(index)) {
            return;
        }
        Fetch kept = fetch.keep(index, piece, turn.uptime());
        if (!kept.complete()) {
            goOn(turn, slot, kept);
            return;
        }
        byte[] whole = kept.whole();
        if (Digest.of(whole).equals(fetch.blob())) {
            turn.act(new Action.StoreBlob(fetch.blob(), whole));
            use(turn, slot.with((Work) new Work.Resting()), fetch.purpose(), whole);
            return;
        }
        String why = "wrong-digest: the blob " + fetch.blob().shortHex() + " came whole, but with another digest";
        turn.raise("blob-refused", Severity.SECURITY, slot, why);
        Fetch spoiled = kept.spoil(turn.uptime());
        if (spoiled.patience().spoiled() >= MAX_SPOILED) {
            Offers.fail(
                    turn, slot, "blob-refused", why + ", " + spoiled.patience().spoiled() + " times", false);
            return;
        }
        ask(turn, slot, spoiled);
    }

    private static void write(Turn turn, SlotState slot, Fetch fetch, int index, ByteString content) {
        if (!(slot.install() instanceof Downloading downloading)) {
            return;
        }
        AttemptId attempt = downloading.offer().attempt();
        byte[] bytes = content.toByteArray();
        turn.act(new Action.WriteChunk(
                slot.name(),
                attempt,
                fetch.blob(),
                index,
                (long) index * fetch.wanted().chunkBytes(),
                bytes));
        Counters counters = downloading
                .counters()
                .wrote(bytes.length, fetch.wanted().before().has(index));
        SlotState written = slot.with(downloading.counted(counters));
        Fetch kept = fetch.keep(index, null, turn.uptime());
        if (kept.complete()) {
            assemble(turn, written);
            return;
        }
        goOn(turn, written, reported(turn, kept, counters));
    }

    /** Says how far it is, at a bounded rate: every tenth, or every few seconds where that takes long. */
    private static Fetch reported(Turn turn, Fetch fetch, Counters counters) {
        Transport transport = fetch.transport();
        Duration since = turn.uptime().minus(transport.reportedAt());
        long more = counters.bytesDone() - transport.reportedBytes();
        boolean tenth = more * 10 >= counters.bytesTotal() && since.compareTo(BETWEEN_TENTHS) >= 0;
        boolean hundredth = more * 100 >= counters.bytesTotal() && since.compareTo(BETWEEN_REPORTS) >= 0;
        if (!tenth && !hundredth) {
            return fetch;
        }
        turn.report();
        return fetch.with(transport.reported(turn.uptime(), counters.bytesDone()));
    }

    private static void goOn(Turn turn, SlotState slot, Fetch fetch) {
        Transport transport = fetch.transport();
        if (transport.way() == Way.OWN && fetch.asked().count() <= transport.window() / 2) {
            ask(turn, slot, fetch.with(transport.grow()));
            return;
        }
        turn.put(slot.with((Work) new Work.Fetching(fetch)));
    }

    // ---- the whole

    private static void assemble(Turn turn, SlotState slot) {
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
