package io.tinyfleet.server.tls;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Locale;
import java.util.regex.Pattern;

/** A host name or a literal address by which devices reach the broker. */
record ServerName(String value) {
    private static final Pattern HOST =
            Pattern.compile("(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*");
    private static final Pattern IPV4 = Pattern.compile("[0-9]{1,3}(\\.[0-9]{1,3}){3}");

    ServerName {
        value = value.strip().toLowerCase(Locale.ROOT).replaceAll("^\\[|]$", "");
        if (!looksLikeAddress(value) && !HOST.matcher(value).matches()) {
            throw new IllegalArgumentException(
                    "\"" + value + "\" is neither a host name nor an address, as devices could use it");
        }
        if (looksLikeAddress(value)) {
            parse(value);
        }
    }

    boolean isAddress() {
        return looksLikeAddress(value);
    }

    byte[] addressBytes() {
        return parse(value).getAddress();
    }

    private static boolean looksLikeAddress(String text) {
        return text.indexOf(':') >= 0 || IPV4.matcher(text).matches();
    }

    private static InetAddress parse(String literal) {
        try {
            return InetAddress.getByName(literal);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("\"" + literal + "\" is not an address", e);
        }
    }

    @Override
    public String toString() {
        return value;
    }
}
