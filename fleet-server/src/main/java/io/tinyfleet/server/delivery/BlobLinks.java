package io.tinyfleet.server.delivery;

import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.v1.BlobLink;
import io.tinyfleet.server.platform.PublicAddress;
import jakarta.enterprise.context.ApplicationScoped;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Links to blobs, each for one device and a short while. The token is a keyed hash over device, blob and end, under a key
 * that all replicas read from the database: nothing is stored for a link.
 */
@ApplicationScoped
class BlobLinks {
    private static final String ALGORITHM = "HmacSHA256";
    private static final String PURPOSE = "tinyfleet blob link v1";
    private static final Pattern TOKEN =
            Pattern.compile("tfb_([A-Za-z0-9_-]{1,64})\\.([0-9]{1,15})\\.([A-Za-z0-9_-]{43})");

    private final LinkKeyRepository keys;
    private final PublicAddress address;
    private final DeliveryConfig config;
    private final InstantSource clock;

    BlobLinks(LinkKeyRepository keys, PublicAddress address, DeliveryConfig config, InstantSource clock) {
        this.keys = keys;
        this.address = address;
        this.config = config;
        this.clock = clock;
    }

    /** Absent when this server is to be reached neither by https nor on the device's own machine. */
    Optional<BlobLink> findLink(DeviceId device, Digest blob) {
        return address.findForSecrets().map(base -> {
            Instant expires = clock.instant().plus(config.linkLife());
            return BlobLink.newBuilder()
                    .setUrl(url(base, blob))
                    .setToken(token(device, blob, expires.toEpochMilli()))
                    .setExpiresAtMillis(expires.toEpochMilli())
                    .build();
        });
    }

    private static String url(URI base, Digest blob) {
        String text = base.toString();
        return (text.endsWith("/") ? text : text + "/") + "blobs/" + blob.hex();
    }

    private String token(DeviceId device, Digest blob, long expires) {
        return "tfb_" + device + "." + expires + "."
                + Base64.getUrlEncoder().withoutPadding().encodeToString(mac(device, blob, expires));
    }

    /** Whose token it is; absent when it is not one of ours, is for another blob, or has ended. */
    Optional<DeviceId> findBearer(String token, Digest blob) {
        Matcher matcher = TOKEN.matcher(token);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        DeviceId device = new DeviceId(matcher.group(1));
        long expires = Long.parseLong(matcher.group(2));
        byte[] given = Base64.getUrlDecoder().decode(matcher.group(3));
        boolean ours = MessageDigest.isEqual(given, mac(device, blob, expires));
        return ours && clock.instant().toEpochMilli() < expires ? Optional.of(device) : Optional.empty();
    }

    private byte[] mac(DeviceId device, Digest blob, long expires) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(new SecretKeySpec(keys.secret(), ALGORITHM));
            String input = PURPOSE + "\n" + device + "\n" + blob.hex() + "\n" + expires;
            return mac.doFinal(input.getBytes(StandardCharsets.US_ASCII));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has " + ALGORITHM, e);
        }
    }
}
