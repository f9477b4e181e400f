package io.tinyfleet.server.delivery;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Who signs what, for people.
 *
 * @param rootKeysHere the root keys lie on this server, which is for trying out only
 * @param devicesBehind devices that said they hold an older root
 */
public record TrustBody(
        long rootVersion,
        String rootSha256,
        Instant rootIssuedAt,
        Instant rootExpiresAt,
        boolean rootKeysHere,
        boolean releasesSignedHere,
        long devicesBehind,
        List<RoleBody> roles,
        List<DelegationBody> delegations,
        @Nullable HeadsBody heads,
        List<FloorBody> floors,
        List<String> warnings) {
    public TrustBody {
        roles = List.copyOf(roles);
        delegations = List.copyOf(delegations);
        floors = List.copyOf(floors);
        warnings = List.copyOf(warnings);
    }

    /** Key ids in hexadecimal: 16 bytes of the SHA-256 of the public key. */
    public record RoleBody(String role, int threshold, List<String> keyIds) {
        public RoleBody {
            keyIds = List.copyOf(keyIds);
        }
    }

    public record DelegationBody(String model, int threshold, List<String> keyIds) {
        public DelegationBody {
            keyIds = List.copyOf(keyIds);
        }
    }

    /** The signed list of live releases. */
    public record HeadsBody(long version, int releases, Instant issuedAt, Instant expiresAt, long ageSeconds) {}

    public record FloorBody(
            String model, long version, long minSecurityVersion, Instant issuedAt, Instant expiresAt, String setBy) {
        static FloorBody of(StoredFloors floors) {
            return new FloorBody(
                    floors.model(),
                    floors.version(),
                    floors.minSecurityVersion(),
                    floors.issuedAt(),
                    floors.expiresAt(),
                    floors.setBy());
        }
    }
}
