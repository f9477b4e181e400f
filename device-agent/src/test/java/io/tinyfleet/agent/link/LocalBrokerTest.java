package io.tinyfleet.agent.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.Closeable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/** Input and results over a real broker beside the agent. */
@Timeout(60)
@EnabledIf("hasBroker")
class LocalBrokerTest {

    @TempDir
    Path folder;

    static boolean hasBroker() {
        return Mosquitto.findInstalled().isPresent();
    }

    private static final class Heard implements LocalBroker.Listener {
        final List<String> messages = new CopyOnWriteArrayList<>();
        final List<String> troubles = new CopyOnWriteArrayList<>();

        @Override
        public void message(byte[] payload) {
            messages.add(new String(payload, StandardCharsets.UTF_8));
        }

        @Override
        public void trouble(String reason) {
            troubles.add(reason);
        }
    }

    @Test
    void what_is_said_on_a_topic_is_heard_there() throws Exception {
        Heard heard = new Heard();
        try (Mosquitto broker = Mosquitto.start(folder);
                Closeable ear = LocalBroker.hear(broker.url(), "ear", "home/air", heard);
                LocalBroker.Speaking mouth = LocalBroker.speak(broker.url(), "mouth", "home/air")) {
            await(() -> {
                try {
                    mouth.say("1,2,3");
                } catch (IOException e) {
                    return false;
                }
                return !heard.messages.isEmpty();
            });
            assertThat(heard.messages).contains("1,2,3");
            assertThat(ear).isNotNull();
        }
    }

    @Test
    void a_broker_that_is_away_is_told_and_does_not_stop_the_others() throws Exception {
        Heard heard = new Heard();
        String nowhere = "tcp://127.0.0.1:1";
        try (Closeable ear = LocalBroker.hear(nowhere, "ear", "a", heard)) {
            await(() -> !heard.troubles.isEmpty());
            assertThat(heard.troubles.get(0)).contains("the broker tcp://127.0.0.1:1 cannot be reached");
            assertThat(ear).isNotNull();
        }
        try (LocalBroker.Speaking mouth = LocalBroker.speak(nowhere, "mouth", "a")) {
            assertThatThrownBy(() -> mouth.say("x"))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("the broker tcp://127.0.0.1:1 did not take it");
        }
    }

    private static void await(BooleanSupplier condition) {
        long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("the condition holds in time").isLessThan(deadline);
            Thread.onSpinWait();
        }
    }
}
