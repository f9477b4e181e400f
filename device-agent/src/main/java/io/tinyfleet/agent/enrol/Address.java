package io.tinyfleet.agent.enrol;

import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** Where the agent may send a secret without encryption: to this machine, and nowhere else. */
public final class Address {
    private static final Set<String> OPEN = Set.of("http", "tcp");
    private static final Set<String> ENCRYPTED = Set.of("https", "ssl");

    private Address() {}

    /** Why an address may not be used, as a sentence; absent when it may. */
    public static Optional<String> findObjection(String url) {
        URI uri;
        try {
            uri = URI.create(url);
        } catch (IllegalArgumentException e) {
            return Optional.of("\"" + url + "\" is not an address: " + e.getMessage());
        }
        String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
        if (uri.getHost() == null || !(OPEN.contains(scheme) || ENCRYPTED.contains(scheme))) {
            return Optional.of(
                    "\"" + url + "\" must be https://host, ssl://host, or http:// or tcp:// to this machine");
        }
        if (OPEN.contains(scheme) && !isLoopback(uri.getHost())) {
            return Optional.of("\"" + url + "\" is not encrypted and " + uri.getHost() + " is not this machine: use "
                    + (scheme.equals("http") ? "https" : "ssl") + "://");
        }
        if (scheme.equals("ssl") && uri.getHost().startsWith("[")) {
            // The MQTT library takes no such address for a server's name.
            return Optional.of("\"" + url + "\" is an IPv6 address: give the broker a host name");
        }
        return Optional.empty();
    }

    /** Whether certificates play a part at this address. */
    public static boolean isEncrypted(String url) {
        return url.regionMatches(true, 0, "ssl:", 0, "ssl:".length());
    }

    private static boolean isLoopback(String host) {
        String bare = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
        if (bare.equals("localhost")) {
            return true;
        }
        // Only literal addresses: a name could point elsewhere tomorrow.
        if (!bare.matches("[0-9.]+|[0-9a-fA-F:]+")) {
            return false;
        }
        try {
            return InetAddress.getByName(bare).isLoopbackAddress();
        } catch (UnknownHostException e) {
            // Not an address, so not this machine.
            return false;
        }
    }
}
