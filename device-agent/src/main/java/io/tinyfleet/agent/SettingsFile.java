package io.tinyfleet.agent;

import io.tinyfleet.agent.install.AgentHome;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * One reading of {@code agent.properties}. Each part of the agent asks for its own keys and adds what it objects to; a
 * key in the file that nobody has asked for is no setting, and the nearest that was asked for is named beside it. Lives
 * for one call, on one thread.
 */
final class SettingsFile {
    private static final Pattern SLOT_KEY = Pattern.compile("slot\\.([^.]*)\\..*");
    /** A key with more differing letters than this is another key, not a slip. */
    private static final int MAX_SLIPS = 4;

    private final AgentHome home;
    private final Properties properties;
    private final Set<String> asked = new TreeSet<>();
    private final List<String> problems = new ArrayList<>();

    /** All that is wrong with the file, one sentence each. */
    static final class SettingsException extends Exception {
        private static final long serialVersionUID = 1L;

        private final List<String> problems;

        SettingsException(Path file, List<String> problems) {
            super(file + ":\n  " + String.join("\n  ", problems));
            this.problems = List.copyOf(problems);
        }

        List<String> problems() {
            return problems;
        }
    }

    SettingsFile(AgentHome home, Properties properties) {
        this.home = home;
        this.properties = properties;
    }

    /** No file is an empty one. */
    static SettingsFile read(AgentHome home) throws IOException, SettingsException {
        Properties properties = new Properties();
        if (Files.exists(home.settings())) {
            try (Reader reader = Files.newBufferedReader(home.settings())) {
                properties.load(reader);
            } catch (IllegalArgumentException e) {
                throw new SettingsException(home.settings(), List.of(String.valueOf(e.getMessage())));
            }
        }
        return new SettingsFile(home, properties);
    }

    /** Adds a sentence that names the key, the value and what is allowed. */
    void problem(String sentence) {
        problems.add(sentence);
    }

    /** The same of all keys that begin so: one sentence, and none of them is judged again. */
    void problemOfAll(String prefix, String sentence) {
        properties.stringPropertyNames().stream()
                .filter(key -> key.startsWith(prefix))
                .forEach(asked::add);
        problem(prefix + "*: " + sentence);
    }

    /** The folder that relative paths in the file belong to. */
    Path root() {
        return home.root();
    }

    /** The names behind {@code slot.}, sorted. */
    Set<String> slotNames() {
        return properties.stringPropertyNames().stream()
                .map(SLOT_KEY::matcher)
                .filter(Matcher::matches)
                .map(key -> key.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    boolean has(String key) {
        asked.add(key);
        return properties.containsKey(key);
    }

    String text(String key, String byDefault) {
        asked.add(key);
        return properties.getProperty(key, byDefault).strip();
    }

    /** A whole number of 1 up to {@code max}; what is none is a problem, and the default goes on. */
    int number(String key, int byDefault, int max) {
        String value = text(key, Integer.toString(byDefault));
        if (!value.matches("[0-9]{1,9}") || Integer.parseInt(value) < 1 || Integer.parseInt(value) > max) {
            problem(key + " must be 1.." + max + ", got \"" + value + "\"");
            return byDefault;
        }
        return Integer.parseInt(value);
    }

    /** One word of an enum, in small letters with dashes. */
    <E extends Enum<E>> E choice(String key, E byDefault) {
        E[] all = byDefault.getDeclaringClass().getEnumConstants();
        String value = text(key, word(byDefault));
        for (E one : all) {
            if (word(one).equals(value)) {
                return one;
            }
        }
        List<String> words = List.of(all).stream().map(SettingsFile::word).toList();
        problem(key + " must be " + oneOf(words) + ", got \"" + value + "\"");
        return byDefault;
    }

    private static String word(Enum<?> one) {
        return one.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** {@code a, b or c}. */
    static String oneOf(List<String> words) {
        int last = words.size() - 1;
        return last == 0 ? words.get(0) : String.join(", ", words.subList(0, last)) + " or " + words.get(last);
    }

    /** Called once, after everybody has asked. */
    void refuseProblems() throws SettingsException {
        for (String key : new TreeSet<>(properties.stringPropertyNames())) {
            if (!asked.contains(key)) {
                problem(key + " is no setting of the agent"
                        + findNearest(key)
                                .map(near -> "; did you mean " + near + "?")
                                .orElse(""));
            }
        }
        if (!problems.isEmpty()) {
            throw new SettingsException(home.settings(), problems);
        }
    }

    private Optional<String> findNearest(String key) {
        String nearest = "";
        int least = Math.min(MAX_SLIPS, key.length() / 3) + 1;
        for (String known : asked) {
            int slips = slips(key, known);
            if (slips < least && !properties.containsKey(known)) {
                least = slips;
                nearest = known;
            }
        }
        return nearest.isEmpty() ? Optional.empty() : Optional.of(nearest);
    }

    /** Letters to add, drop or change to make one of the other (Levenshtein). */
    private static int slips(String one, String other) {
        int[] row = new int[other.length() + 1];
        for (int j = 0; j <= other.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= one.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= other.length(); j++) {
                int changed = diagonal + (one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(changed, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[other.length()];
    }
}
