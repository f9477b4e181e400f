package io.tinyfleet.server.platform;

import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/** The console as it lies on the class path, if it was built in. */
@Singleton
class ConsolePages {
    static final String INDEX = "/index.html";

    private static final String ROOT = "META-INF/resources/";

    /** Files under this folder carry a hash of their content in their name. */
    private static final String HASHED = "/assets/";

    /** Whether an address is one of the console's pages: it names no file, and all pages begin with the same one. */
    boolean isPage(String path) {
        return !path.equals("/") && !path.startsWith(HASHED) && hasFile(INDEX) && !hasFile(path);
    }

    private static boolean hasFile(String path) {
        return loader().getResource(ROOT + path.substring(1)) != null;
    }

    /** The hashes the console's build wrote down for its inline scripts, one CSP source a line. */
    List<String> inlineScriptHashes() {
        try (InputStream hashes = loader().getResourceAsStream(ROOT + "csp-hashes.txt")) {
            if (hashes == null) {
                return List.of();
            }
            return new String(hashes.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .map(String::strip)
                    .filter(line -> !line.isEmpty() && !line.startsWith("#"))
                    .map(ConsolePages::quoted)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + ROOT + "csp-hashes.txt", e);
        }
    }

    Optional<String> cacheControl(String path) {
        return Optional.of(path.startsWith(HASHED) ? "public, max-age=31536000, immutable" : "no-cache");
    }

    private static String quoted(String hash) {
        String source = hash.startsWith("'") ? hash : "'" + hash + "'";
        if (!source.matches("'sha(256|384|512)-[A-Za-z0-9+/=_-]+'")) {
            throw new IllegalStateException("csp-hashes.txt must hold lines such as sha256-…, got " + hash);
        }
        return source;
    }

    private static ClassLoader loader() {
        return Thread.currentThread().getContextClassLoader();
    }
}
