package io.tinyfleet.e2e.faults;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tinyfleet.e2e.demo.Progress;
import io.tinyfleet.e2e.process.AgentProcess;
import io.tinyfleet.e2e.process.Await;
import io.tinyfleet.e2e.process.FleetApi;
import io.tinyfleet.e2e.process.FreePort;
import io.tinyfleet.e2e.process.Installation;
import io.tinyfleet.e2e.process.LoggedProcess;
import io.tinyfleet.protocol.DeviceId;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * {@code ./bench swap}: the shipped agent changes its model every second while applications ask it 200 times a second
 * over its local API. Each order is a signed document, each switch starts a worker. Two models with answers that are
 * known, so an answer that neither of them gives, or that is not the one of the version it names, is found.
 *
 * <p>Arguments: a folder to work in, the path of mosquitto, and the seconds to go on.
 */
public final class SwapBench {
    private static final int PER_SECOND = 200;
    private static final Duration BETWEEN = Duration.ofSeconds(1);
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final double P99 = 0.99;
    private static final DeviceId DEVICE = new DeviceId("dev-swap");
    private static final int ONE = 1000;
    private static final int OTHER = 5000;

    private final Path folder;
    private final Progress progress = new Progress(System.err, 2);
    private final List<Swap> swaps = new ArrayList<>();

    /** From the order to the first answer of the other model. */
    private record Swap(long fromNanos, long toNanos) {
        boolean touches(SwapLoad.Call call) {
            return call.endNanos() >= fromNanos && call.dueNanos() <= toNanos;
        }
    }

    private SwapBench(Path folder) {
        this.folder = folder;
    }

    public static void main(String[] arguments) throws Exception {
        new SwapBench(Path.of(arguments[0])).run(arguments[1], Duration.ofSeconds(Long.parseLong(arguments[2])));
    }

    private void run(String mosquitto, Duration length) throws Exception {
        int port = FreePort.take();
        Path home = folder.resolve("agent");
        try (FaultBroker broker = FaultBroker.start(folder, mosquitto);
                FaultServer server = new FaultServer(broker.url(), new FaultFleet())) {
            FaultDevice.prepare(home, DEVICE, server.fleet(), broker.url());
            AgentProcess.configure(home, Map.of("api.port", Integer.toString(port), "slot.vad.source", "none"));
            try (LoggedProcess agent = AgentProcess.run(
                    Installation.ofSystemProperty(), home, DEVICE.value(), folder.resolve("agent.log"))) {
                progress.step("installing two models");
                FaultFleet.Offered one = install(server, agent, ONE);
                FaultFleet.Offered other = install(server, agent, OTHER);
                progress.step("swapping them under load");
                SwapLoad load = new SwapLoad(port, PER_SECOND, Map.of("1.0.0", ONE, "2.0.0", OTHER));
                load.start();
                Await.until("the first answers", LIMIT, () -> load.calls().size() > PER_SECOND, load::troubles);
                swap(server, agent, load, new FaultFleet.Offered[] {one, other}, length);
                load.close();
                if (!load.troubles().isEmpty()) {
                    System.err.println(load.troubles());
                }
                System.out.println(result(load.calls()));
            }
        }
    }

    private static FaultFleet.Offered install(FaultServer server, LoggedProcess agent, int answer) {
        byte[] model = FaultModel.onnx(FaultModel.BYTES, answer, answer);
        FaultFleet.Offered offered = server.want(DEVICE, model, Duration.ZERO);
        Await.until("a model", LIMIT, () -> server.isHealthy(DEVICE, offered), agent::lastLines);
        return offered;
    }

    private void swap(
            FaultServer server, LoggedProcess agent, SwapLoad load, FaultFleet.Offered[] models, Duration length) {
        long end = System.nanoTime() + length.toNanos();
        for (int next = 0; System.nanoTime() - end < 0; next = 1 - next) {
            String version = next == 0 ? "1.0.0" : "2.0.0";
            long from = System.nanoTime();
            FaultFleet.Offered order = server.wantBack(DEVICE, models[next]);
            Await.until("version " + version, LIMIT, () -> load.newestVersion().equals(version), agent::lastLines);
            swaps.add(new Swap(from, System.nanoTime()));
            Await.until("its report", LIMIT, () -> server.isHealthy(DEVICE, order), agent::lastLines);
            LockSupport.parkNanos(from + BETWEEN.toNanos() - System.nanoTime());
        }
    }

    private ObjectNode result(List<SwapLoad.Call> calls) {
        ObjectNode result = FleetApi.object();
        result.put("inferences", calls.size());
        result.put("swaps", swaps.size());
        result.put("lost", count(calls, SwapLoad.Outcome.LOST));
        result.put("mixed", count(calls, SwapLoad.Outcome.MIXED));
        result.put("p99Ms", p99(calls.stream().filter(call -> swaps.stream().noneMatch(swap -> swap.touches(call)))));
        result.put(
                "p99DuringSwapMs",
                p99(calls.stream().filter(call -> swaps.stream().anyMatch(swap -> swap.touches(call)))));
        return result;
    }

    private static long count(List<SwapLoad.Call> calls, SwapLoad.Outcome outcome) {
        return calls.stream().filter(call -> call.outcome() == outcome).count();
    }

    private static double p99(Stream<SwapLoad.Call> calls) {
        long[] sorted = calls.mapToLong(call -> call.endNanos() - call.dueNanos())
                .sorted()
                .toArray();
        long nanos = sorted.length == 0 ? 0 : sorted[(int) (sorted.length * P99)];
        return Math.round(nanos / 10_000.0) / 100.0;
    }
}
