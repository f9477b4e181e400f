package io.tinyfleet.server.rollout;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.UUID;

/** A person resumed past a FAIL. */
@Entity
@Table(name = "rollout_override")
class OverrideEntity {
    @Id
    UUID id;

    @Column(name = "rollout_id")
    UUID rolloutId;

    String gate;

    @Column(name = "from_order")
    int fromOrder;

    double alpha;
    String by;
    String reason;
    Instant at;

    @SuppressWarnings("NullAway.Init") // Hibernate fills the fields.
    protected OverrideEntity() {}

    OverrideEntity(UUID id, UUID rolloutId, String gate, int fromOrder, Instant at) {
        this.id = id;
        this.rolloutId = rolloutId;
        this.gate = gate;
        this.fromOrder = fromOrder;
        this.by = "";
        this.reason = "";
        this.at = at;
    }
}
