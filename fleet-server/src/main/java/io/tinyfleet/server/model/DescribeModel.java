package io.tinyfleet.server.model;

import io.tinyfleet.protocol.ReleaseId;
import io.tinyfleet.server.platform.Problem;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What people write beside models and releases and may change at any time: tags and the model card. */
@ApplicationScoped
class DescribeModel {
    static final int MAX_TAGS = 32;
    /** Of a card, in UTF-8. */
    static final int MAX_CARD_BYTES = 256 * 1024;

    private static final Pattern TAG = Pattern.compile("[a-z0-9][a-z0-9._:-]{0,63}");

    private final ModelRepository models;
    private final ReleaseRepository releases;

    DescribeModel(ModelRepository models, ReleaseRepository releases) {
        this.models = models;
        this.releases = releases;
    }

    @Transactional
    void setModelTags(String model, @Nullable List<@Nullable String> tags) {
        Set<String> checked = checked(tags);
        models.lock(model).orElseThrow(() -> Problem.notFound("model", model)).setTags(checked);
    }

    @Transactional
    void setReleaseTags(ReleaseId release, @Nullable List<@Nullable String> tags) {
        Set<String> checked = checked(tags);
        releases.findByIdOptional(release.value())
                .orElseThrow(() -> Problem.notFound("release", release))
                .setTags(checked);
    }

    @Transactional
    Optional<String> findCard(String model) {
        return models.findByIdOptional(model)
                .orElseThrow(() -> Problem.notFound("model", model))
                .card();
    }

    /** Empty text removes the card. */
    @Transactional
    void setCard(String model, String markdown) {
        models.lock(model)
                .orElseThrow(() -> Problem.notFound("model", model))
                .setCard(markdown.isBlank() ? Optional.empty() : Optional.of(markdown));
    }

    private static Set<String> checked(@Nullable List<@Nullable String> tags) {
        if (tags == null) {
            throw Problem.invalid("tags", Violations.REQUIRED, null);
        }
        Violations violations = new Violations();
        Set<String> checked = checkTags(violations, tags);
        if (!violations.none()) {
            throw Problem.invalid(violations.all());
        }
        return checked;
    }

    static Set<String> checkTags(Violations violations, List<? extends @Nullable String> tags) {
        if (tags.size() > MAX_TAGS) {
            violations.add("tags", "must hold at most " + MAX_TAGS, tags.size());
        }
        Set<String> checked = new TreeSet<>();
        for (int i = 0; i < Math.min(tags.size(), MAX_TAGS); i++) {
            String tag = tags.get(i);
            if (tag == null || !TAG.matcher(tag).matches()) {
                violations.add("tags[" + i + "]", "must match " + TAG, tag);
            } else {
                checked.add(tag);
            }
        }
        return checked;
    }
}
