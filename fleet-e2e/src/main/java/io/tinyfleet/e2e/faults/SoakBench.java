package io.tinyfleet.e2e.faults;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tinyfleet.e2e.demo.Progress;
import io.tinyfleet.e2e.process.AgentProcess;
import io.tinyfleet.e2e.process.Await;
import io.tinyfleet.e2e.process.FleetApi;
import io.tinyfleet.e2e.process.FreePort;
import io.tinyfleet.e2e.process.Installation;
import io.tinyfleet.e2e.process.LoggedProcess;
import io.tinyfleet.e2e.process.TcpGate;
import io.tinyfleet.protocol.DeviceId;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * {@code ./bench soak}: what a device on a bad link does in a day, without its pauses. The shipped agent, with TLS and a
 * model that listens all the time, gets a new model each round while its link breaks, and loses the link once more when
 * the model runs; a round stands for twelve minutes. Memory, threads, descriptors, children and files are counted after
 * the first rounds and after the last.
 *
 * <p>Arguments: a folder with {@code authority.pem} and {@code broker.pem}, the path of mosquitto, and the rounds.
 */
public final class SoakBench {
    private static final Duration A_ROUND_STANDS_FOR = Duration.ofMinutes(12);
    private static final int WARM_UP = 10;
    private static final int TOLD_EVERY = 20;
    private static final Duration LIMIT = Duration.ofSeconds(90);

    /** The agent tidies its heap 15 s after a connection. */
    private static final Duration CALM = Duration.ofSeconds(20);

    private static final DeviceId DEVICE = new DeviceId("dev-soak");

    private final Path folder;
    private final Progress progress = new Progress(System.err, 4);
    private int models;
    private int losses;
    private FaultFleet.@Nullable Offered newest;

    private SoakBench(Path folder) {
        this.folder = folder;
    }

    public static void main(String[] arguments) throws Exception {
        new SoakBench(Path.of(arguments[0])).run(arguments[1], Integer.parseInt(arguments[2]));
    }

    private void run(String mosquitto, int rounds) throws Exception {
        int tls = FreePort.take();
        try (FaultBroker broker = FaultBroker.startWithTls(folder, mosquitto, tls, folder.resolve("broker.pem"));
                FaultServer server = new FaultServer(broker.url(), new FaultFleet());
                TcpGate link = new TcpGate(tls)) {
            Path home = folder.resolve("agent");
            FaultDevice.prepare(home, DEVICE, server.fleet(), "ssl://127.0.0.1:" + link.port());
            Files.copy(folder.resolve("authority.pem"), home.resolve("identity/link-authorities.pem"));
            AgentProcess.configure(
                    home,
                    Map.of(
                            "slot.vad.source",
                            "replay",
                            "slot.vad.replay.input",
                            "silence",
                            "telemetry.window-seconds",
                            "1",
                            "log.max-megabytes",
                            "1"));
            try (LoggedProcess agent = AgentProcess.run(
                    Installation.ofSystemProperty(), home, DEVICE.value(), folder.resolve("agent.log"))) {
                progress.step("warming up");
                rounds(WARM_UP, server, link, agent);
                SoakSample start = calm(agent, home);
                progress.step("a day");
                int windows = server.windows();
                int swaps = models;
                int before = losses;
                for (int done = 0; done < rounds; done += TOLD_EVERY) {
                    rounds(Math.min(TOLD_EVERY, rounds - done), server, link, agent);
                    progress.detail(SoakSample.of(agent.pid(), home).toString());
                }
                SoakSample end = calm(agent, home);
                ObjectNode result = FleetApi.object();
                result.put("simulatedHours", rounds * A_ROUND_STANDS_FOR.toMinutes() / 60.0);
                result.put("reconnects", losses - before);
                result.put("swaps", models - swaps);
                result.put("windows", server.windows() - windows);
                start.into(result, "Start");
                end.into(result, "End");
                result.put("grew", end.hasGrownSince(start));
                System.out.println(result);
            }
        }
    }

    private void rounds(int rounds, FaultServer server, TcpGate link, LoggedProcess agent) {
        for (int i = 0; i < rounds; i++) {
            FaultFleet.Offered before = newest;
            models++;
            FaultFleet.Offered offered =
                    server.want(DEVICE, FaultModel.onnx(FaultModel.BYTES, models, models), Duration.ZERO);
            // Now here, now there in the download, the trial and the switch.
            LockSupport.parkNanos(Duration.ofMillis(50L * (models % 20)).toNanos());
            lose(server, link, agent);
            Await.until("model " + models, LIMIT, () -> server.isHealthy(DEVICE, offered), agent::lastLines);
            lose(server, link, agent);
            if (before != null) {
                server.fleet().forget(before.artifact());
            }
            newest = offered;
        }
    }

    private void lose(FaultServer server, TcpGate link, LoggedProcess agent) {
        int hellos = server.hellos();
        link.cut();
        losses++;
        Await.until("the agent to come back", LIMIT, () -> server.hellos() > hellos, agent::lastLines);
    }

    private static SoakSample calm(LoggedProcess agent, Path home) throws Exception {
        LockSupport.parkNanos(CALM.toNanos());
        return SoakSample.of(agent.pid(), home);
    }
}
