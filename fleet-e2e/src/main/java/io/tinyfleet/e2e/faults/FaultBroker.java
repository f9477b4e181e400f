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
        return start(folder, mosquitto, port, "");
    }

    /**
     * The same, and on a port more for those that speak TLS.
     *
     * @param certificate a PEM file with the certificate and its key
     */
    static FaultBroker startWithTls(Path folder, String mosquitto, int tlsPort, Path certificate) throws IOException {
        String tls = "listener " + tlsPort + " 127.0.0.1\ncertfile " + certificate + "\nkeyfile " + certificate
                + "\nuser " + System.getProperty("user.name") + "\n";
        return start(folder, mosquitto, FreePort.take(), tls);
    }

    private static FaultBroker start(Path folder, String mosquitto, int port, String more) throws IOException {
        Path conf = Files.writeString(
                folder.resolve("mosquitto.conf"),
                "listener " + port + " 127.0.0.1\n" + more + "allow_anonymous true\n");
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
