package io.tinyfleet.e2e.faults;

import io.tinyfleet.e2e.process.Await;
import io.tinyfleet.e2e.process.FreePort;
import io.tinyfleet.e2e.process.LoggedProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** Debian's Mosquitto on a port of its own. */
record FaultBroker(LoggedProcess process, String url) implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(20);

    static FaultBroker start(Path folder, String mosquitto) throws IOException {
        int port = FreePort.take();
        Path conf = Files.writeString(
                folder.resolve("mosquitto.conf"), "listener " + port + " 127.0.0.1\nallow_anonymous true\n");
        LoggedProcess process = LoggedProcess.start(
                "mosquitto", List.of(mosquitto, "-v", "-c", conf.toString()), Map.of(), folder.resolve("broker.log"));
        Await.until("the broker to run", LIMIT, () -> process.lastLines().contains("running"), process::lastLines);
        return new FaultBroker(process, "tcp://127.0.0.1:" + port);
    }

    @Override
    public void close() {
        process.close();
    }
}
