package io.tinyfleet.registry.blob;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Where blobs lie in an S3-compatible store: {@code s3://BUCKET/PREFIX?endpoint=URL&region=NAME&pathStyle=true}.
 * Without an endpoint it is Amazon's. Credentials in it are refused: a URL is logged.
 *
 * @param prefix empty, or ending with a slash
 * @param pathStyle the bucket stands in the path and not in the host's name; the default where an endpoint is named
 */
public record S3Location(String bucket, String prefix, Optional<URI> endpoint, String region, boolean pathStyle) {
    private static final Pattern BUCKET = Pattern.compile("[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]");
    private static final Pattern PREFIX = Pattern.compile("([A-Za-z0-9._-]+/)*");
    private static final String DEFAULT_REGION = "us-east-1";

    /**
     * Checks the values.
     *
     * @throws IllegalArgumentException when one is not allowed
     */
    public S3Location {
        if (!BUCKET.matcher(bucket).matches()) {
            throw new IllegalArgumentException("a bucket's name must match " + BUCKET + ", got \"" + bucket + "\"");
        }
        if (!PREFIX.matcher(prefix).matches() || prefix.contains("../") || prefix.startsWith("./")) {
            throw new IllegalArgumentException(
                    "a prefix must be plain names joined by slashes, got \"" + prefix + "\"");
        }
    }

    /**
     * Reads a location.
     *
     * @throws IllegalArgumentException when it is none, with a sentence that says why
     */
    public static S3Location parse(String text) {
        URI uri;
        try {
            uri = new URI(text);
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException("a blob store's URL must be like s3://bucket/prefix, got " + text, e);
        }
        if (!"s3".equals(uri.getScheme()) || uri.getAuthority() == null) {
            throw new IllegalArgumentException("a blob store's URL must begin with s3://BUCKET, got " + text);
        }
        if (uri.getRawUserInfo() != null || uri.getAuthority().contains("@")) {
            throw new IllegalArgumentException("a blob store's URL must hold no credentials: it is logged. Set"
                    + " AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY");
        }
        Map<String, String> options =
                options(Optional.ofNullable(uri.getQuery()).orElse(""));
        Optional<URI> endpoint = Optional.ofNullable(options.remove("endpoint")).map(S3Location::endpointOf);
        String region = Optional.ofNullable(options.remove("region")).orElse(DEFAULT_REGION);
        boolean pathStyle = Optional.ofNullable(options.remove("pathStyle"))
                .map(Boolean::parseBoolean)
                .orElse(endpoint.isPresent());
        if (!options.isEmpty()) {
            throw new IllegalArgumentException(
                    "a blob store's URL may have endpoint, region and pathStyle, got " + options.keySet());
        }
        String path = uri.getPath().replaceAll("^/+|/+$", "");
        return new S3Location(uri.getAuthority(), path.isEmpty() ? "" : path + "/", endpoint, region, pathStyle);
    }

    private static Map<String, String> options(String query) {
        Map<String, String> options = new LinkedHashMap<>();
        for (String option : query.split("&", -1)) {
            int equals = option.indexOf('=');
            if (equals > 0) {
                options.put(option.substring(0, equals), option.substring(equals + 1));
            } else if (!option.isEmpty()) {
                throw new IllegalArgumentException("an option of a blob store's URL must be NAME=VALUE, got " + option);
            }
        }
        return options;
    }

    private static URI endpointOf(String text) {
        URI endpoint = URI.create(text);
        if (endpoint.getHost() == null
                || !("http".equals(endpoint.getScheme()) || "https".equals(endpoint.getScheme()))) {
            throw new IllegalArgumentException("an endpoint must be http://… or https://…, got " + text);
        }
        return endpoint;
    }

    @Override
    public String toString() {
        return "s3://" + bucket + "/" + prefix
                + endpoint.map(uri -> " at " + uri).orElse("");
    }
}
