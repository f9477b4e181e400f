package io.tinyfleet.server.model;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where a release comes from, in the words of the data team. Said when it is published and never changed.
 *
 * @param baseRelease id of the release that it was made from
 * @param dataset name or address of what it was trained on
 * @param calibrationSet name or address of what its integers were calibrated on
 * @param trainingRun address of the run in the team's tracker
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Lineage(
        @Nullable String baseRelease,
        @Nullable String dataset,
        @Nullable String datasetSha256,
        @Nullable String calibrationSet,
        @Nullable String calibrationSha256,
        @Nullable String trainingRun) {
    private static final int MAX_TEXT = 500;
    private static final Pattern SHA_256 = Pattern.compile("[0-9a-f]{64}");

    /** Adds what is wrong with it, but for whether the base release exists. */
    void check(Violations violations) {
        text(violations, "lineage.dataset", dataset);
        text(violations, "lineage.calibrationSet", calibrationSet);
        text(violations, "lineage.trainingRun", trainingRun);
        sha256(violations, "lineage.datasetSha256", datasetSha256);
        sha256(violations, "lineage.calibrationSha256", calibrationSha256);
        if (trainingRun != null && !isLink(trainingRun)) {
            violations.add("lineage.trainingRun", "must be an http or https address", trainingRun);
        }
    }

    private static void text(Violations violations, String field, @Nullable String text) {
        if (text != null
                && (text.isBlank() || text.length() > MAX_TEXT || text.chars().anyMatch(Character::isISOControl))) {
            violations.add(field, "must have 1 to " + MAX_TEXT + " printable characters", text);
        }
    }

    private static void sha256(Violations violations, String field, @Nullable String hex) {
        if (hex != null && !SHA_256.matcher(hex).matches()) {
            violations.add(field, "must be a SHA-256 in hexadecimal", hex);
        }
    }

    private static boolean isLink(String text) {
        try {
            URI uri = new URI(text);
            return uri.getHost() != null && ("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()));
        } catch (URISyntaxException e) {
            return false;
        }
    }
}
