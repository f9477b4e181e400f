package io.tinyfleet.agent.api;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * One request, whole.
 *
 * @param path as it stands in the request line, without a query
 * @param headers names in small letters
 */
record HttpRequest(String method, String path, Map<String, String> headers, byte[] body) {

    Optional<String> findHeader(String name) {
        return Optional.ofNullable(headers.get(name.toLowerCase(Locale.ROOT)));
    }
}
