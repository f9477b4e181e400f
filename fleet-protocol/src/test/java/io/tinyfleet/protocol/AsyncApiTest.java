package io.tinyfleet.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** {@code docs/asyncapi.yaml} names every topic and every message of the protocol, and none that is not there. */
class AsyncApiTest {
    private static final Path FILE = Path.of("../docs/asyncapi.yaml");
    private static final Path PROTO = Path.of("src/main/proto/tinyfleet/v1");
    private static final String PACKAGE = "tinyfleet.v1.";
    private static final Pattern MESSAGE = Pattern.compile("(?ms)^message (\\w+) \\{(.*?)^}|^message (\\w+) \\{}");

    private final Map<String, Object> file = read();
    private final Map<String, String> bodies = messageBodies();

    @Test
    void every_topic_is_a_channel_and_every_channel_a_topic() {
        Set<String> topics = new TreeSet<>();
        Stream.concat(
                        Arrays.stream(OutLeaf.values()).map(leaf -> "/out/" + leaf.level()),
                        Arrays.stream(InLeaf.values()).map(leaf -> "/in/" + leaf.level()))
                .forEach(end -> topics.add(Topics.PREFIX + "/d/{deviceId}" + end));
        topics.add(Topics.PREFIX + "/b/{blob22}");

        Set<String> addresses = new TreeSet<>();
        each(map(file.get("channels"))).forEach(channel -> addresses.add(String.valueOf(channel.get("address"))));

        assertThat(addresses).isEqualTo(topics);
    }

    @Test
    void every_channel_has_one_operation_on_the_devices_side_of_it() {
        Map<String, String> actions = new TreeMap<>();
        each(map(file.get("operations")))
                .forEach(operation -> actions.put(
                        String.valueOf(map(operation.get("channel")).get("$ref"))
                                .replace("#/channels/", ""),
                        String.valueOf(operation.get("action"))));

        Map<String, String> expected = new TreeMap<>();
        map(file.get("channels"))
                .keySet()
                .forEach(name -> expected.put(name, name.startsWith("out") ? "send" : "receive"));
        assertThat(actions).isEqualTo(expected);
    }

    @Test
    void every_reference_leads_somewhere() {
        List<String> references = Pattern.compile("\\$ref: '#/([^']+)'")
                .matcher(text())
                .results()
                .map(hit -> hit.group(1))
                .toList();
        assertThat(references).hasSizeGreaterThan(20).allSatisfy(reference -> {
            @Nullable Object at = file;
            for (String step : reference.split("/", -1)) {
                at = map(at).get(step);
            }
            assertThat(at).as(reference).isNotNull();
        });
    }

    @Test
    void every_message_of_the_protocol_is_reached_and_none_is_invented() {
        Set<String> named = new TreeSet<>();
        each(map(map(file.get("components")).get("messages"))).forEach(message -> {
            Map<String, Object> protobuf = map(message.get("x-protobuf"));
            named.add(String.valueOf(protobuf.get("message")));
            list(protobuf.get("carries")).forEach(carried -> named.add(String.valueOf(carried)));
        });
        list(file.get("x-blobs")).forEach(blob -> named.add(String.valueOf(blob)));

        assertThat(named).allSatisfy(name -> assertThat(name).startsWith(PACKAGE));
        Set<String> simple = new TreeSet<>();
        named.forEach(name -> simple.add(name.substring(PACKAGE.length())));
        assertThat(bodies.keySet()).containsAll(simple);
        assertThat(reachable(simple)).isEqualTo(new TreeSet<>(bodies.keySet()));
    }

    private Set<String> reachable(Set<String> from) {
        Set<String> seen = new TreeSet<>(from);
        Deque<String> open = new ArrayDeque<>(from);
        while (!open.isEmpty()) {
            Matcher word = Pattern.compile("\\b[A-Z]\\w+\\b").matcher(String.valueOf(bodies.get(open.pop())));
            while (word.find()) {
                if (bodies.containsKey(word.group()) && seen.add(word.group())) {
                    open.push(word.group());
                }
            }
        }
        return seen;
    }

    private static Map<String, String> messageBodies() {
        Map<String, String> bodies = new TreeMap<>();
        for (String name : List.of("trust.proto", "messages.proto")) {
            Matcher message = MESSAGE.matcher(read(PROTO.resolve(name)));
            while (message.find()) {
                if (message.group(1) == null) {
                    bodies.put(message.group(3), "");
                } else {
                    // Words in comments are no fields.
                    bodies.put(message.group(1), message.group(2).replaceAll("//.*", ""));
                }
            }
        }
        assertThat(bodies).hasSizeGreaterThan(40);
        return bodies;
    }

    private static Map<String, Object> read() {
        return map(new Yaml(new SafeConstructor(new LoaderOptions())).load(text()));
    }

    private static String text() {
        return read(FILE);
    }

    private static String read(Path path) {
        try {
            return Files.readString(path);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @SuppressWarnings("unchecked") // What is not a map fails the test with a ClassCastException.
    private static Map<String, Object> map(@Nullable Object value) {
        return (Map<String, Object>) Objects.requireNonNull(value, "a map in " + FILE);
    }

    private static Collection<?> list(@Nullable Object value) {
        return (Collection<?>) Objects.requireNonNull(value, "a list in " + FILE);
    }

    private static List<Map<String, Object>> each(Map<String, Object> map) {
        return map.values().stream().map(AsyncApiTest::map).toList();
    }
}
