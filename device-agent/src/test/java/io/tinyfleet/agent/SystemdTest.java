package io.tinyfleet.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against a datagram socket that the test opens, as systemd would. */
class SystemdTest {
    private static final String LISTENER = """
            import socket, sys
            s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            s.bind(sys.argv[1])
            s.settimeout(20)
            print("open", flush=True)
            for _ in range(3):
                print(s.recv(4096).decode().replace("\\n", " "), flush=True)
            """;

    @TempDir
    Path folder;

    @Test
    void ready_alive_and_stopping_reach_the_socket() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/systemd-notify")), "needs systemd-notify");
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/python3")), "needs Python for a datagram socket");
        Path socket = folder.resolve("notify");
        Path relay = folder.resolve("notify-here");
        Files.writeString(relay, "#!/bin/sh\nNOTIFY_SOCKET=" + socket + " exec /usr/bin/systemd-notify \"$@\"\n");
        assertThat(relay.toFile().setExecutable(true)).isTrue();
        Process listener = new ProcessBuilder("/usr/bin/python3", "-c", LISTENER, socket.toString())
                .redirectErrorStream(true)
                .start();
        try (BufferedReader heard =
                new BufferedReader(new InputStreamReader(listener.getInputStream(), StandardCharsets.UTF_8))) {
            assertThat(heard.readLine()).isEqualTo("open");
            Supervisor systemd = Systemd.find(
                    Map.of("NOTIFY_SOCKET", socket.toString(), "TINYFLEET_SYSTEMD_NOTIFY", relay.toString()));

            systemd.ready();
            assertThat(heard.readLine()).contains("READY=1").contains("STATUS=started");
            systemd.alive();
            assertThat(heard.readLine()).contains("WATCHDOG=1");
            systemd.stopping();
            assertThat(heard.readLine()).contains("STOPPING=1");
        } finally {
            listener.destroyForcibly();
        }
    }

    @Test
    void without_its_socket_nobody_is_told() {
        assertThat(Systemd.find(Map.of("WATCHDOG_USEC", "60000000"))).isSameAs(Supervisor.NOBODY);
    }

    @Test
    void the_watchdog_is_fed_three_times_in_its_time() {
        assertThat(Systemd.find(Map.of("NOTIFY_SOCKET", "/run/x", "WATCHDOG_USEC", "180000000"))
                        .interval())
                .contains(Duration.ofSeconds(60));
        assertThat(Systemd.find(Map.of("NOTIFY_SOCKET", "/run/x", "WATCHDOG_USEC", "180000000", "WATCHDOG_PID", "1"))
                        .interval())
                .as("meant for another process")
                .isEmpty();
        assertThat(Systemd.find(Map.of("NOTIFY_SOCKET", "/run/x", "WATCHDOG_USEC", "soon"))
                        .interval())
                .isEmpty();
    }

    @Test
    void a_program_that_is_missing_ends_nothing() {
        Systemd.find(Map.of("NOTIFY_SOCKET", "/run/x", "TINYFLEET_SYSTEMD_NOTIFY", "/nowhere/systemd-notify"))
                .ready();
    }
}
