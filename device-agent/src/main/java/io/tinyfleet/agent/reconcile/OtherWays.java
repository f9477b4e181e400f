package io.tinyfleet.agent.reconcile;

import io.tinyfleet.agent.reconcile.Install.Downloading;
import io.tinyfleet.protocol.v1.BlobLink;
import io.tinyfleet.protocol.v1.Need;
import io.tinyfleet.protocol.v1.Severity;
import java.time.Duration;
import java.util.Set;

/** A model's bytes by the blob's shared topic or by HTTPS. Whatever goes wrong there, own mode goes on. */
final class OtherWays {
    /** Wrong chunks on the shared topic, or by a link, after which it is left. */
    static final int MAX_BAD_SHARED = 16;

    static final int MAX_BAD_BY_LINK = 3;

    /** Chunks fetched by one HTTP request: more would only wait in memory. */
    static final int LINK_WINDOW = 16;

    private static final Duration LINK_RETRY = Duration.ofSeconds(3);

    /** Times that a link is asked for in vain. */
    private static final int LINK_ROUNDS = 3;

    /** An address that does this has no business with the blob: it is not tried a second time. */
    private static final Set<String> SUSPICIOUS = Set.of("redirected", "not-partial", "changed", "bad-address");

    private OtherWays() {}

    // ---- asking

    static void ask(Turn turn, SlotState slot, Fetch fetch) {
        switch (fetch.transport().way()) {
            case OWN, WAITING -> chooseAgain(turn, slot, fetch);
            case JOINING -> {
                if (turn.isConnected()) {
                    turn.act(new Action.JoinShared(fetch.blob()));
                }
                await(turn, slot, fetch);
            }
            case SHARED -> {
                Need.Builder need = Downloads.need(slot, fetch).setShared(true);
                Downloads.addRanges(need, fetch, Chunks.NONE, Integer.MAX_VALUE);
                send(turn, slot, fetch, need);
            }
            case LINK_ASKED ->
                send(turn, slot, fetch, Downloads.need(slot, fetch).setWantLink(true));
            case LINK -> askByLink(turn, slot, fetch);
        }
    }

    private static void send(Turn turn, SlotState slot, Fetch fetch, Need.Builder need) {
        if (turn.isConnected()) {
            turn.act(new Action.SendNeed(need.build()));
        }
        await(turn, slot, fetch);
    }

    private static void await(Turn turn, SlotState slot, Fetch fetch) {
        turn.put(slot.with((Work) new Work.Fetching(fetch)));
        Downloads.startTimer(turn, slot, fetch, Downloads.patience(fetch));
    }

    static void chooseAgain(Turn turn, SlotState slot, Fetch fetch) {
        Way way = Ways.choose(fetch, Downloads.encodingOf(slot), turn.pace());
        Downloads.ask(turn, slot, fetch.by(fetch.transport().by(way), turn.uptime()));
    }

    // ---- silence

    static void silent(Turn turn, SlotState slot, Fetch fetch) {
        Way way = fetch.transport().way();
        if (way == Way.WAITING || (way != Way.LINK && !turn.isConnected())) {
            // A new document, or the next connection, moves it.
            return;
        }
        Fetch silent = fetch.silence(turn.uptime());
        switch (way) {
            case OWN, WAITING -> {}
            case JOINING -> leaveShared(turn, slot, silent);
            case SHARED -> {
                if (silent.patience().silentRounds() >= Ways.SHARED_ROUNDS) {
                    leaveShared(turn, slot, silent);
                    return;
                }
                ask(turn, slot, silent);
            }
            case LINK_ASKED -> {
                if (silent.patience().silentRounds() >= LINK_ROUNDS) {
                    leaveLinks(turn, slot, silent);
                    return;
                }
                ask(turn, slot, silent);
            }
            case LINK -> linkFailed(turn, slot, silent, "silent", "the fetch by HTTPS did not end");
        }
    }

    // ---- shared

    static void sharedJoined(Turn turn, Event.SharedJoined event) {
        for (SlotState any : turn.lanes()) {
            SlotState slot = turn.current(any);
            slot.work()
                    .findFetch()
                    .filter(fetch -> fetch.blob().equals(event.blob()))
                    .filter(fetch -> fetch.transport().way() == Way.JOINING)
                    .ifPresent(fetch -> {
                        if (event.granted()) {
                            ask(turn, slot, fetch.by(fetch.transport().by(Way.SHARED), turn.uptime()));
                        } else {
                            leaveShared(turn, slot, fetch);
                        }
                    });
        }
    }

    private static void leaveShared(Turn turn, SlotState slot, Fetch fetch) {
        chooseAgain(turn, slot, fetch.with(fetch.transport().leaveShared()));
    }

    /** A wrong chunk that the server may not have sent: it is counted, and too many end the way, not the download. */
    static void refuseChunk(Turn turn, SlotState slot, Fetch fetch, Way way, String why) {
        boolean stillThere = way == Way.SHARED
                ? fetch.transport().way().listens()
                : fetch.transport().way() == Way.LINK;
        if (!stillThere) {
            return;
        }
        turn.raise("chunk-refused", Severity.SECURITY, slot, why + (way == Way.SHARED ? ", to all" : ", by a link"));
        SlotState counted = slot;
        if (slot.install() instanceof Downloading downloading) {
            counted = slot.with(downloading.counted(downloading.counters().refusedOne()));
        }
        Fetch bad = fetch.with(fetch.transport().badOne());
        int most = way == Way.SHARED ? MAX_BAD_SHARED : MAX_BAD_BY_LINK;
        if (bad.transport().badElsewhere() < most) {
            turn.put(counted.with((Work) new Work.Fetching(bad)));
            return;
        }
        if (way == Way.SHARED) {
            leaveShared(turn, counted, bad);
        } else {
            leaveLinks(turn, counted, bad);
        }
    }

    // ---- links

    static void linkGiven(Turn turn, SlotState slot, Fetch fetch, BlobLink link) {
        if (fetch.transport().way() == Way.LINK_ASKED) {
            ask(turn, slot, fetch.by(fetch.transport().under(link), turn.uptime()));
        }
    }

    private static void askByLink(Turn turn, SlotState slot, Fetch fetch) {
        BlobLink link = fetch.transport().link();
        int first = fetch.held().nextAbsent(0);
        if (link == null || fetch.asked().count() > 0 || first >= fetch.count()) {
            turn.put(slot.with((Work) new Work.Fetching(fetch)));
            return;
        }
        int next = fetch.held().nextPresent(first);
        int run = Math.min(LINK_WINDOW, (next < 0 ? fetch.count() : next) - first);
        int count = turn.pace().allowed(run, fetch.wanted().chunkBytes(), turn.uptime());
        if (count == 0) {
            turn.put(slot.with((Work) new Work.Fetching(fetch)));
            Downloads.waitForPace(turn, slot, fetch);
            return;
        }
        turn.pace(turn.pace().spend(count, fetch.wanted().chunkBytes(), turn.uptime()));
        Chunks asked = Chunks.NONE;
        for (int i = first; i < first + count; i++) {
            asked = asked.with(i);
        }
        turn.act(new Action.FetchByLink(
                slot.name(),
                slot.findOffer().orElseThrow().attempt(),
                link,
                new Action.LinkRange(
                        fetch.blob(), fetch.wanted().size(), fetch.wanted().chunkBytes(), first, count)));
        await(turn, slot, fetch.ask(asked));
    }

    static void linkEnded(Turn turn, Event.LinkEnded event) {
        turn.findWorking(event.slot(), event.attempt())
                .ifPresent(slot -> slot.work()
                        .findFetch()
                        .filter(fetch -> fetch.blob().equals(event.blob())
                                && fetch.transport().way() == Way.LINK)
                        .ifPresent(fetch -> {
                            if (event.code().isEmpty()) {
                                ask(
                                        turn,
                                        slot,
                                        fetch.ask(Chunks.NONE)
                                                .with(fetch.transport().linkWorked()));
                            } else {
                                linkFailed(turn, slot, fetch.ask(Chunks.NONE), event.code(), event.sentence());
                            }
                        }));
    }

    private static void linkFailed(Turn turn, SlotState slot, Fetch fetch, String code, String sentence) {
        Fetch failed = fetch.with(fetch.transport().linkFailed());
        if (SUSPICIOUS.contains(code) || !failed.transport().mayLink()) {
            Severity severity = SUSPICIOUS.contains(code) ? Severity.SECURITY : Severity.WARNING;
            turn.raise("link-refused", severity, slot, code + ": " + sentence);
            leaveLinks(turn, slot, failed);
            return;
        }
        if (code.equals("expired")) {
            ask(turn, slot, failed.by(failed.transport().by(Way.LINK_ASKED), turn.uptime()));
            return;
        }
        turn.put(slot.with((Work) new Work.Fetching(failed)));
        Duration wait = LINK_RETRY.multipliedBy(failed.transport().linkFailures());
        turn.act(new Action.StartTimer(
                "pace/" + slot.key(),
                Jitter.over(wait, turn.uptime(), fetch.blob()),
                new Event.DownloadDue(slot.name(), slot.lane())));
    }

    static void leaveLinks(Turn turn, SlotState slot, Fetch fetch) {
        Downloads.ask(turn, slot, fetch.by(fetch.transport().leaveLinks(), turn.uptime()));
    }
}
