package io.tinyfleet.e2e.faults;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tinyfleet.e2e.demo.Progress;
import io.tinyfleet.e2e.process.FleetApi;
import io.tinyfleet.e2e.process.Installation;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * {@code ./bench install-faults}: real agents and workers on a real disk, killed before every single change that an
 * installation makes to the disk, killed at random under running downloads and switches, and robbed of all that they had
 * not flushed. After each fault the agent is started again and must come to run one whole, verified model.
 *
 * <p>Arguments: a folder to work in, and the path of mosquitto.
 */
public final class InstallFaultsBench {
    private static final int LANES = 3;
    private static final int RANDOM_KILLS = 200;

    /** An installation makes some 150 changes; every third of them loses what was not flushed, in both ways. */
    private static final int WRITE_LOSS_STEP = 3;

    /** After the switch an agent that runs on makes no more changes than this. */
    private static final int MOST_CHANGES = 600;

    private static final int SHORTEST_LIFE_MILLIS = 200;
    private static final int LONGEST_LIFE_MILLIS = 2000;

    private final Path folder;
    private final Installation installation = Installation.ofSystemProperty();
    private final Progress progress = new Progress(System.err, 3);
    private final AtomicInteger unsafe = new AtomicInteger();

    private InstallFaultsBench(Path folder) {
        this.folder = folder;
    }

    public static void main(String[] arguments) throws Exception {
        new InstallFaultsBench(Path.of(arguments[0])).run(arguments[1]);
    }

    private void run(String mosquitto) throws Exception {
        try (FaultBroker broker = FaultBroker.start(folder, mosquitto);
                FaultServer server = new FaultServer(broker.url(), new FaultFleet())) {
            List<FaultDevice> devices = new ArrayList<>();
            for (int lane = 0; lane < LANES; lane++) {
                devices.add(new FaultDevice("dev-" + lane, folder, installation, server, broker.url()));
            }
            ObjectNode result = FleetApi.object();
            try {
                measure(devices, result);
            } finally {
                devices.forEach(FaultDevice::kill);
            }
            System.out.println(result);
        }
    }

    private void measure(List<FaultDevice> devices, ObjectNode result) throws Exception {
        onEach(devices, this::install);
        progress.step("killing the agent before each change to its disk");
        int changes = killAtEach(devices);
        progress.detail(changes + " changes");
        progress.step("killing it at random");
        AtomicInteger kills = new AtomicInteger();
        onEach(devices, device -> killAtRandom(device, kills));
        progress.step("taking back what was not flushed");
        int losses = loseAtSome(devices, changes);
        result.put("killPoints", changes);
        result.put("randomKills", RANDOM_KILLS);
        result.put("writeLossRuns", losses);
        result.put("unsafe", unsafe.get());
    }

    // ---- each lane is one device

    private interface Lane {
        void run(FaultDevice device) throws Exception;
    }

    private static void onEach(List<FaultDevice> devices, Lane lane) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(devices.size());
        try {
            List<Future<?>> lanes = new ArrayList<>();
            for (FaultDevice device : devices) {
                lanes.add(threads.submit(() -> {
                    lane.run(device);
                    return null;
                }));
            }
            for (Future<?> each : lanes) {
                each.get();
            }
        } catch (ExecutionException e) {
            throw new IllegalStateException("a lane broke", e.getCause());
        } finally {
            threads.shutdownNow();
        }
    }

    private void install(FaultDevice device) throws Exception {
        device.offerNext();
        device.start(FaultyDisk.Ending.NONE, 0);
        device.checkHeals();
        device.kill();
    }

    private int killAtEach(List<FaultDevice> devices) throws Exception {
        AtomicInteger next = new AtomicInteger();
        AtomicInteger last = new AtomicInteger(MOST_CHANGES);
        onEach(devices, device -> {
            for (int at = next.incrementAndGet(); at < last.get(); at = next.incrementAndGet()) {
                if (!faultAt(device, FaultyDisk.Ending.KILL, at)) {
                    int beyond = at;
                    last.getAndUpdate(known -> Math.min(known, beyond));
                }
            }
        });
        return last.get() - 1;
    }

    private int loseAtSome(List<FaultDevice> devices, int changes) throws Exception {
        AtomicInteger next = new AtomicInteger(1 - WRITE_LOSS_STEP);
        AtomicInteger runs = new AtomicInteger();
        onEach(devices, device -> {
            for (int at = next.addAndGet(WRITE_LOSS_STEP); at <= changes; at = next.addAndGet(WRITE_LOSS_STEP)) {
                FaultyDisk.Ending ending = at % 2 == 0 ? FaultyDisk.Ending.POWER_CUT : FaultyDisk.Ending.TORN_WRITE;
                if (faultAt(device, ending, at)) {
                    runs.incrementAndGet();
                }
            }
        });
        return runs.get();
    }

    /** One installation with a fault in it, and then to its end; false when the change never came. */
    private boolean faultAt(FaultDevice device, FaultyDisk.Ending ending, int at) throws IOException {
        boolean came = true;
        try {
            device.offerNext();
            device.start(ending, at);
            came = device.awaitFault() || faultAfterTheEnd(device);
            if (came) {
                device.start(FaultyDisk.Ending.NONE, 0);
                device.checkHeals();
            }
        } catch (FaultDevice.UnsafeException e) {
            unsafe.incrementAndGet();
            System.err.println("UNSAFE after " + ending + " before change " + at + ": " + e.getMessage());
        } finally {
            device.kill();
        }
        return came;
    }

    /** The installation has come to its end; what the agent tidies up behind it are changes to the disk too. */
    private static boolean faultAfterTheEnd(FaultDevice device) throws FaultDevice.UnsafeException {
        try {
            device.checkHeals();
            return false;
        } catch (FaultDevice.UnsafeException e) {
            if (device.hasFaulted()) {
                return true;
            }
            throw e;
        }
    }

    private void killAtRandom(FaultDevice device, AtomicInteger kills) throws IOException {
        Random random = new Random(device.hashCode());
        while (kills.incrementAndGet() <= RANDOM_KILLS) {
            try {
                device.offerNext();
                device.start(FaultyDisk.Ending.NONE, 0);
                device.checkRuns();
                int life = SHORTEST_LIFE_MILLIS + random.nextInt(LONGEST_LIFE_MILLIS);
                LockSupport.parkNanos(Duration.ofMillis(life).toNanos());
            } catch (FaultDevice.UnsafeException e) {
                unsafe.incrementAndGet();
                System.err.println("UNSAFE after a random kill: " + e.getMessage());
            } finally {
                device.kill();
            }
        }
        try {
            device.start(FaultyDisk.Ending.NONE, 0);
            device.checkHeals();
        } catch (FaultDevice.UnsafeException e) {
            unsafe.incrementAndGet();
            System.err.println("UNSAFE after the random kills: " + e.getMessage());
        } finally {
            device.kill();
        }
    }
}
