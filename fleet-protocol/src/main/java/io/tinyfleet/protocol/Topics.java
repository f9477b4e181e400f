package io.tinyfleet.protocol;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Every topic and topic filter of the protocol, written in one place. */
public final class Topics {
    /** The first two levels of every topic. */
    public static final String PREFIX = "fleet/v1";

    /** What the server subscribes to when it alone takes everything. */
    public static final String SERVER_FILTER = PREFIX + "/d/+/out/#";

    /** What servers subscribe to when they share the work. */
    public static final String SHARED_SERVER_FILTER = "$share/ingest/" + SERVER_FILTER;

    private static final Pattern OUT = Pattern.compile(Pattern.quote(PREFIX) + "/d/([^/]+)/out/([^/]+)");
    private static final Pattern IN = Pattern.compile(Pattern.quote(PREFIX) + "/d/([^/]+)/in/([^/]+)");

    private static final Pattern SHARED_BLOB = Pattern.compile(Pattern.quote(PREFIX) + "/b/([A-Za-z0-9_-]{22})");

    private Topics() {}

    /** A topic on which a device speaks. */
    public record Outbound(DeviceId device, OutLeaf leaf) {}

    /** A topic on which a device is spoken to. */
    public record Inbound(DeviceId device, InLeaf leaf) {}

    /** {@code fleet/v1/d/{device}/out/{leaf}}. */
    public static String deviceOut(DeviceId device, OutLeaf leaf) {
        return PREFIX + "/d/" + device.value() + "/out/" + leaf.level();
    }

    /** {@code fleet/v1/d/{device}/in/{leaf}}. */
    public static String deviceIn(DeviceId device, InLeaf leaf) {
        return PREFIX + "/d/" + device.value() + "/in/" + leaf.level();
    }

    /** The one subscription of a device: {@code fleet/v1/d/{device}/in/#}. */
    public static String deviceInFilter(DeviceId device) {
        return PREFIX + "/d/" + device.value() + "/in/#";
    }

    /** Chunks of one blob for all who want them: {@code fleet/v1/b/{blob22}}. */
    public static String blobShared(Digest blob) {
        return PREFIX + "/b/" + blob.blob22();
    }

    /** Reads a topic of {@link #SERVER_FILTER}; empty when device id or leaf are not of this protocol. */
    public static Optional<Outbound> parseOut(String topic) {
        Matcher matcher = OUT.matcher(topic);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        for (OutLeaf leaf : OutLeaf.values()) {
            if (leaf.level().equals(matcher.group(2))) {
                return device(matcher.group(1)).map(device -> new Outbound(device, leaf));
            }
        }
        return Optional.empty();
    }

    /** Reads a topic of {@link #deviceInFilter}; empty when device id or leaf are not of this protocol. */
    public static Optional<Inbound> parseIn(String topic) {
        Matcher matcher = IN.matcher(topic);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        for (InLeaf leaf : InLeaf.values()) {
            if (leaf.level().equals(matcher.group(2))) {
                return device(matcher.group(1)).map(device -> new Inbound(device, leaf));
            }
        }
        return Optional.empty();
    }

    /** Whether chunks for all come on this topic. */
    public static boolean isBlobShared(String topic) {
        return SHARED_BLOB.matcher(topic).matches();
    }

    private static Optional<DeviceId> device(String level) {
        try {
            return Optional.of(new DeviceId(level));
        } catch (IllegalArgumentException e) {
            // A level of another shape is no device of ours; absent says so.
            return Optional.empty();
        }
    }
}
