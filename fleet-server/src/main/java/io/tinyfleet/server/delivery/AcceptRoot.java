package io.tinyfleet.server.delivery;

import io.tinyfleet.protocol.trust.RoleName;
import io.tinyfleet.protocol.trust.TrustException;
import io.tinyfleet.protocol.trust.TrustedRoot;
import io.tinyfleet.server.access.CurrentPerson;
import io.tinyfleet.server.platform.Problem;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Event;
import jakarta.transaction.Transactional;
import java.time.InstantSource;
import org.jboss.logging.Logger;

/** Takes the next root and tells every device: the root first, then a document made under it. */
@ApplicationScoped
class AcceptRoot {
    private static final Logger LOG = Logger.getLogger(AcceptRoot.class);

    private final TrustKeys trust;
    private final TrustRepository repository;
    private final CurrentHeads heads;
    private final CurrentPerson person;
    private final Event<OutboxFilled> outboxFilled;
    private final InstantSource clock;

    AcceptRoot(
            TrustKeys trust,
            TrustRepository repository,
            CurrentHeads heads,
            CurrentPerson person,
            Event<OutboxFilled> outboxFilled,
            InstantSource clock) {
        this.trust = trust;
        this.repository = repository;
        this.heads = heads;
        this.person = person;
        this.outboxFilled = outboxFilled;
        this.clock = clock;
    }

    @Transactional
    TrustedRoot accept(byte[] envelope) {
        TrustedRoot before = trust.root();
        TrustedRoot next;
        try {
            next = trust.accept(envelope);
        } catch (TrustException e) {
            String code = e.code().startsWith("root-") ? e.code() : "root-" + e.code();
            throw Problem.unprocessable(code, FileTrustKeys.sentence(e));
        }
        heads.announce();
        int told = repository.enqueueAll(clock.instant());
        outboxFilled.fire(new OutboxFilled());
        LOG.infof(
                "root accepted rootVersion=%d rotated=%s by=%s devices=%d",
                next.version(), next.rotatedSince(before), person.name(), told);
        if (next.rotatedSince(before).contains(RoleName.RELEASE)) {
            LOG.warnf("the release keys have changed: releases and floors must be signed anew (docs/trust.md)");
        }
        return next;
    }
}
