package io.tinyfleet.server.live;

import java.util.LinkedHashSet;
import java.util.Set;
import java.util.regex.Pattern;

/** What a console listens to: {@code fleet}, {@code rollout:<uuid>}, {@code device:<id>} or {@code job:<id>}. */
record Topic(String name) {
    private static final Pattern NAME = Pattern.compile("fleet|(rollout|device|job):[A-Za-z0-9_-]{1,64}");

    static final Topic FLEET = new Topic("fleet"); // After the pattern it is checked by.

    static final int MAX_A_STREAM = 20;

    Topic {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("a topic is fleet, rollout:<id>, device:<id> or job:<id>, got " + name);
        }
    }

    /** The topics of a comma-separated list. */
    static Set<Topic> list(String names) {
        Set<Topic> topics = new LinkedHashSet<>();
        for (String name : names.split(",", MAX_A_STREAM + 2)) {
            topics.add(new Topic(name.strip()));
        }
        if (topics.size() > MAX_A_STREAM) {
            throw new IllegalArgumentException("a stream has at most " + MAX_A_STREAM + " topics");
        }
        return topics;
    }
}
