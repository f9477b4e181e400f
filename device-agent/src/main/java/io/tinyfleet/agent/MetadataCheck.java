package io.tinyfleet.agent;

import io.tinyfleet.agent.reconcile.Action;
import io.tinyfleet.agent.reconcile.Event;
import io.tinyfleet.protocol.trust.FloorsDocuments;
import io.tinyfleet.protocol.trust.HeadsDocuments;
import io.tinyfleet.protocol.trust.TrustException;
import io.tinyfleet.protocol.trust.TrustedRoot;

/** Judges heads and floors by the root, and says so as an event. */
final class MetadataCheck {
    private MetadataCheck() {}

    static Event heads(TrustedRoot root, Action.VerifyHeads action) {
        try {
            return new Event.HeadsVerified(
                    HeadsDocuments.verify(
                            root, action.expected(), action.stored(), action.trustedTime(), action.envelope()),
                    action.expected());
        } catch (TrustException e) {
            return new Event.MetadataRefused("heads", action.expected(), e.code(), String.valueOf(e.getMessage()));
        }
    }

    static Event floors(TrustedRoot root, Action.VerifyFloors action) {
        try {
            return new Event.FloorsVerified(
                    FloorsDocuments.verify(
                            root,
                            action.model(),
                            action.expected(),
                            action.stored(),
                            action.trustedTime(),
                            action.envelope()),
                    action.expected());
        } catch (TrustException e) {
            return new Event.MetadataRefused("floors", action.expected(), e.code(), String.valueOf(e.getMessage()));
        }
    }
}
