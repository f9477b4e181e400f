package io.tinyfleet.agent.reconcile;

import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.v1.Phase;
import java.util.Collections;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Where the newest attempt of a slot stands. Kept on disk before anything is done about it.
 *
 * <pre>
 * Untried -> Accepted -> Downloading -> Verified -> Activating -> Probation -> Healthy
 *               |            |             |            |             |-----> Idle
 *               |            |             |            |             |
 *               |            |             |            '-------------'-----> RolledBack   (active is the previous model again)
 *               |            '-------------'--------------------------------> Failed       (the running model was not touched)
 *               '-----------------------------------------------------------> Rejected     (a limit of this device)
 * Accepted -> Verified        the file is held already
 * Accepted -> Activating      the way back to the previous model: no download, no trial
 * Accepted -> Healthy         the wanted release's artifact runs already and is confirmed; Accepted -> Activating when
 *                             it is not confirmed. The same artifact under another release is tried like any other
 * Healthy, Idle -> RolledBack when the model starts to crash in a loop later
 *
 * A shadow goes Verified -> Shadowing -> Shadowed, or Failed: it never becomes active.
 *
 * any -> Accepted             a newer offer
 * </pre>
 */
public sealed interface Install {

    Phase phase();

    /** Null only before the first offer. */
    @Nullable Offer offer();

    default Counters counters() {
        return Counters.NONE;
    }

    default Served served() {
        return Served.NOTHING;
    }

    /** Stable code why it ended; empty while it goes well. */
    default String reason() {
        return "";
    }

    default String detail() {
        return "";
    }

    /** The part that is worth a write to disk; the rest is found again after a restart. */
    default Install durable() {
        return this;
    }

    /** No offer yet. */
    record Untried() implements Install {
        @Override
        public Phase phase() {
            return Phase.PHASE_UNSPECIFIED;
        }

        @Override
        public @Nullable Offer offer() {
            return null;
        }

        Accepted accept(Offer next) {
            return new Accepted(next);
        }
    }

    /** Verified and stored; nothing of the model has been fetched. */
    record Accepted(Offer offer) implements Install {
        @Override
        public Phase phase() {
            return Phase.ACCEPTED;
        }

        /** @param setAside encodings for which this device has no room */
        Downloading download(Installed candidate, Set<Digest> setAside) {
            return new Downloading(offer, candidate, Counters.NONE.ofTotal(candidate.size()), setAside, 0);
        }

        Rejected reject(String reason, String detail) {
            return new Rejected(offer, reason, detail);
        }

        Failed fail(String reason, String detail) {
            return new Failed(offer, Counters.NONE, reason, detail);
        }

        Activating activateHeld(Counters counters) {
            return new Activating(offer, counters);
        }

        Healthy alreadyRunning() {
            return new Healthy(offer, Counters.NONE, Served.NOTHING);
        }

        Probation probate() {
            return new Probation(offer, Counters.NONE, Served.NOTHING, Served.NOTHING);
        }
    }

    /**
     * The device can run it; chunks come in. The counters live in the journal, not in the state file.
     *
     * @param setAside encodings, by their blob, that are not used in this attempt: refused ones and those without room
     * @param spent bytes on the wire for encodings that were given up
     */
    record Downloading(Offer offer, Installed candidate, Counters counters, Set<Digest> setAside, long spent)
            implements Install {
        public Downloading {
            setAside = Collections.unmodifiableSet(new TreeSet<>(setAside));
        }

        @Override
        public Phase phase() {
            return Phase.DOWNLOADING;
        }

        @Override
        public Install durable() {
            return new Downloading(offer, candidate, Counters.NONE.ofTotal(candidate.size()), setAside, spent);
        }

        Downloading counted(Counters now) {
            return new Downloading(offer, candidate, now, setAside, spent);
        }

        /** That encoding is of no use here; what it has cost is not forgotten. */
        Downloading without(Digest encoding) {
            TreeSet<Digest> more = new TreeSet<>(setAside);
            more.add(encoding);
            return new Downloading(
                    offer,
                    candidate,
                    Counters.NONE.ofTotal(candidate.size()),
                    more,
                    Math.max(spent, counters.bytesOnWire()));
        }

        Verified verify() {
            return new Verified(offer, candidate, counters.allHere(), 0);
        }

        Failed fail(String reason, String detail) {
            return new Failed(offer, counters, reason, detail);
        }
    }

    /** The file is whole and held. {@code trials} counts the trials begun, so that one that kills the board ends. */
    record Verified(Offer offer, Installed candidate, Counters counters, int trials) implements Install {
        @Override
        public Phase phase() {
            return Phase.VERIFIED;
        }

        Verified beginTrial() {
            return new Verified(offer, candidate, counters, trials + 1);
        }

        /** The held file was found spoiled. */
        Downloading fetchAgain() {
            return new Downloading(offer, candidate, Counters.NONE.ofTotal(candidate.size()), Set.of(), 0);
        }

        Activating activate() {
            return new Activating(offer, counters);
        }

        Shadowing shadow() {
            return new Shadowing(offer, candidate, counters, Served.NOTHING, Served.NOTHING);
        }

        Shadowed end(String reason, String detail) {
            return new Shadowed(offer, candidate, counters, Served.NOTHING, reason, detail);
        }

        Failed fail(String reason, String detail) {
            return new Failed(offer, counters, reason, detail);
        }
    }

    /** Runs beside the active model. After a restart time and inputs go on from the last {@code stored} minute. */
    record Shadowing(Offer offer, Installed candidate, Counters counters, Served stored, Served served)
            implements Install {
        @Override
        public Phase phase() {
            return Phase.SHADOWING;
        }

        @Override
        public Install durable() {
            return new Shadowing(offer, candidate, counters, stored, stored);
        }

        Shadowing serve(Served more) {
            return new Shadowing(offer, candidate, counters, stored, served.plus(more));
        }

        Shadowing store() {
            return new Shadowing(offer, candidate, counters, served, served);
        }

        Shadowed end(String reason, String detail) {
            return new Shadowed(offer, candidate, counters, served, reason, detail);
        }

        Failed fail(String reason, String detail) {
            return new Failed(offer, counters, reason, detail);
        }
    }

    /** A shadow that is over and has done its work. Its file stays, so that an install of it needs no download. */
    record Shadowed(Offer offer, Installed candidate, Counters counters, Served served, String reason, String detail)
            implements Install {
        /** Nobody asks for it any more. */
        static final String REMOVED = "removed";

        @Override
        public Phase phase() {
            return Phase.SHADOWED;
        }

        boolean removed() {
            return reason.equals(REMOVED);
        }

        Shadowed remove() {
            return new Shadowed(offer, candidate, counters, served, REMOVED, "");
        }
    }

    /** Stored as active; its worker is being started. */
    record Activating(Offer offer, Counters counters) implements Install {
        @Override
        public Phase phase() {
            return Phase.ACTIVATING;
        }

        Probation probate() {
            return new Probation(offer, counters, Served.NOTHING, Served.NOTHING);
        }

        Healthy confirmedBefore() {
            return new Healthy(offer, counters, Served.NOTHING);
        }

        RolledBack rollBack(String reason, String detail) {
            return new RolledBack(offer, counters, Served.NOTHING, reason, detail);
        }
    }

    /** Runs, on trial. After a restart time goes on from the last {@code stored} minute. */
    record Probation(Offer offer, Counters counters, Served stored, Served served) implements Install {
        @Override
        public Phase phase() {
            return Phase.PROBATION;
        }

        @Override
        public Install durable() {
            return new Probation(offer, counters, stored, stored);
        }

        Probation serve(Served more) {
            return new Probation(offer, counters, stored, served.plus(more));
        }

        Probation store() {
            return new Probation(offer, counters, served, served);
        }

        Healthy confirm() {
            return new Healthy(offer, counters, served);
        }

        Idle idle(String detail) {
            return new Idle(offer, counters, served, detail);
        }

        RolledBack rollBack(String reason, String detail) {
            return new RolledBack(offer, counters, served, reason, detail);
        }
    }

    /** Has passed its probation. */
    record Healthy(Offer offer, Counters counters, Served served) implements Install {
        @Override
        public Phase phase() {
            return Phase.HEALTHY;
        }

        RolledBack rollBack(String reason, String detail) {
            return new RolledBack(offer, counters, served, reason, detail);
        }
    }

    /** Too few inferences to judge: neither healthy nor failed. It goes on running. */
    record Idle(Offer offer, Counters counters, Served served, String detail) implements Install {
        @Override
        public Phase phase() {
            return Phase.IDLE;
        }

        @Override
        public String reason() {
            return "too-few-inferences";
        }

        RolledBack rollBack(String reason, String detail) {
            return new RolledBack(offer, counters, served, reason, detail);
        }
    }

    /** Ended before activation: the running model was never touched. */
    record Failed(Offer offer, Counters counters, String reason, String detail) implements Install {
        @Override
        public Phase phase() {
            return Phase.FAILED;
        }
    }

    /** Ended after activation: the previous model runs again, or nothing does if there was none. */
    record RolledBack(Offer offer, Counters counters, Served served, String reason, String detail) implements Install {
        @Override
        public Phase phase() {
            return Phase.ROLLED_BACK;
        }
    }

    /** This device cannot take it; nothing of the model was fetched. */
    record Rejected(Offer offer, String reason, String detail) implements Install {
        @Override
        public Phase phase() {
            return Phase.REJECTED;
        }
    }
}
