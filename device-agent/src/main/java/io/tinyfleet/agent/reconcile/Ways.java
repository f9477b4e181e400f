package io.tinyfleet.agent.reconcile;

import io.tinyfleet.protocol.Limits;
import io.tinyfleet.protocol.v1.Encoding;

/** Which way the bytes of a model should come: first choice, and the next one when a way leads nowhere. Pure. */
final class Ways {
    /** Bytes over which HTTPS is the better way. */
    static final long LARGE_BYTES = 32L * 1024 * 1024;

    /** Silent rounds in own mode after which HTTPS is tried. */
    static final int FRUITLESS_ROUNDS = 3;

    /** Silent rounds after which shared mode is left. */
    static final int SHARED_ROUNDS = 3;

    private Ways() {}

    static Way choose(Fetch fetch, Encoding encoding, Pace pace) {
        Transport transport = fetch.transport();
        if (transport.mayLink() && pace.policy().getPreferHttps()) {
            return Way.LINK_ASKED;
        }
        if (takesShared(fetch, encoding, pace)) {
            return Way.JOINING;
        }
        return transport.mayLink() && fetch.wanted().size() > LARGE_BYTES ? Way.LINK_ASKED : Way.OWN;
    }

    /**
     * What comes to all comes at the server's pace, and a lost chunk of others comes again: nothing for a device whose
     * bytes are counted.
     */
    private static boolean takesShared(Fetch fetch, Encoding encoding, Pace pace) {
        return encoding.getSharedOffered()
                && fetch.wanted().size() > Limits.MIN_SHARED_BYTES
                && (fetch.count() - fetch.held().count()) * 2 > fetch.count()
                && !fetch.transport().sharedSpent()
                && !pace.isCapped()
                && !pace.policy().getMetered();
    }

    /** Where to go from own mode after so many silent rounds. */
    static Way afterSilence(Fetch fetch) {
        boolean fruitless = fetch.patience().silentRounds() >= FRUITLESS_ROUNDS;
        return fruitless && fetch.wanted().list() != null && fetch.transport().mayLink() ? Way.LINK_ASKED : Way.OWN;
    }
}
