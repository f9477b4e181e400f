package io.tinyfleet.agent.reconcile;

import com.google.protobuf.ByteString;
import io.tinyfleet.agent.reconcile.Install.Downloading;
import io.tinyfleet.protocol.AttemptId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.chunk.ChunkList;
import io.tinyfleet.protocol.v1.Chunk;
import io.tinyfleet.protocol.v1.Severity;
import java.time.Duration;
import java.util.Optional;

/** Chunks that come: each is verified before it is written or kept. */
final class Arrivals {
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

    private Arrivals() {}

    static void chunkArrived(Turn turn, Event.ChunkArrived event) {
        Chunk chunk = event.chunk();
        for (SlotState any : turn.lanes()) {
            // Taking a chunk can end one download and wake another: each slot is looked at as it is now.
            SlotState slot = turn.current(any);
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
            Downloads.use(turn, slot.with((Work) new Work.Resting()), fetch.purpose(), whole);
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
        Downloads.ask(turn, slot, spoiled);
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
            Downloads.assemble(turn, written);
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
            Downloads.ask(turn, slot, fetch.with(transport.grow()));
            return;
        }
        turn.put(slot.with((Work) new Work.Fetching(fetch)));
    }
}
