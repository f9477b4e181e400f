package io.tinyfleet.server.platform;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Headers that keep a browser from doing what the console never asks of it. */
final class SecurityHeaders {
    private SecurityHeaders() {}

    /** @param scriptHashes CSP sources such as {@code 'sha256-…'} of the page's inline scripts */
    static Map<String, String> all(List<String> scriptHashes) {
        String scripts = scriptHashes.stream().map(hash -> " " + hash).collect(Collectors.joining());
        return Map.of(
                "Content-Security-Policy",
                String.join(
                        "; ",
                        "default-src 'none'",
                        "script-src 'self'" + scripts,
                        // Components set style attributes on elements; style sheets come from files only.
                        "style-src 'self'",
                        "style-src-attr 'unsafe-inline'",
                        "img-src 'self' data:",
                        "font-src 'self'",
                        "connect-src 'self'",
                        "manifest-src 'self'",
                        "worker-src 'self'",
                        "base-uri 'none'",
                        "form-action 'self'",
                        "frame-ancestors 'none'"),
                "X-Content-Type-Options",
                "nosniff",
                "X-Frame-Options",
                "DENY",
                "Referrer-Policy",
                "no-referrer",
                "Cross-Origin-Opener-Policy",
                "same-origin",
                "Cross-Origin-Resource-Policy",
                "same-origin",
                "Permissions-Policy",
                "camera=(), microphone=(), geolocation=()");
    }
}
