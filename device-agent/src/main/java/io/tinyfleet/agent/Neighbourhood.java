package io.tinyfleet.agent;

import io.tinyfleet.agent.api.LocalApi;
import io.tinyfleet.agent.board.Board;
import io.tinyfleet.agent.board.SysRoot;
import io.tinyfleet.agent.enrol.Identity;
import io.tinyfleet.agent.install.AgentHome;
import io.tinyfleet.agent.install.ModelStore;
import io.tinyfleet.agent.install.NioDisk;
import io.tinyfleet.agent.link.Link;
import io.tinyfleet.agent.link.LinkEvent;
import io.tinyfleet.agent.link.LinkSettings;
import io.tinyfleet.agent.link.NoLink;
import io.tinyfleet.agent.link.PahoLink;
import io.tinyfleet.agent.log.EventLog;
import io.tinyfleet.agent.power.EnergyMeters;
import io.tinyfleet.agent.reconcile.DeviceLimits;
import io.tinyfleet.agent.reconcile.Event;
import io.tinyfleet.agent.reconcile.Factory;
import io.tinyfleet.agent.runtime.ProcessModelHost;
import io.tinyfleet.agent.runtime.WorkerSettings;
import io.tinyfleet.agent.serve.Pacer;
import io.tinyfleet.agent.serve.ServedSlot;
import io.tinyfleet.agent.serve.SlotServer;
import io.tinyfleet.agent.telemetry.WindowRecorder;
import io.tinyfleet.agent.telemetry.WindowSurroundings;
import io.tinyfleet.protocol.SlotName;
import io.tinyfleet.protocol.v1.Window;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The real neighbours of the loop: the broker by Paho, models by worker processes, input as the settings say. */
final class Neighbourhood implements AgentLoop.Neighbours, AutoCloseable {
    private static final EventLog LOG = EventLog.of("agent");

    private final AgentHome home;
    private final AgentSettings settings;
    private final Identity identity;
    private final ProcessModelHost host;
    private final WindowSurroundings surroundings;
    private final Map<SlotName, ServedSlot.Feed> feeds;
    private final ModelStore store;
    private final FactoryModels factoryModels;
    private @Nullable LocalApi api;

    private Neighbourhood(
            AgentHome home,
            AgentSettings settings,
            Identity identity,
            ProcessModelHost host,
            Inputs inputs,
            Held held) {
        this.home = home;
        this.settings = settings;
        this.identity = identity;
        this.host = host;
        this.surroundings = inputs.surroundings();
        this.feeds = inputs.feeds();
        this.store = held.store();
        this.factoryModels = held.factoryModels();
    }

    private record Held(ModelStore store, FactoryModels factoryModels) {}

    private record Inputs(Map<SlotName, ServedSlot.Feed> feeds, WindowSurroundings surroundings) {}

    static Neighbourhood of(AgentHome home, AgentSettings settings, Identity identity, Clocks clocks, ModelStore store)
            throws IOException {
        FactoryModels factoryModels = new FactoryModels(new NioDisk(), settings);
        Map<SlotName, ServedSlot.Feed> feeds = new TreeMap<>();
        for (Map.Entry<SlotName, SlotSettings> slot : settings.slots().entrySet()) {
            feeds.put(slot.getKey(), SlotPorts.open(home, slot.getKey(), slot.getValue()));
        }
        WindowSurroundings surroundings = new WindowSurroundings(
                clocks.uptime(), clocks.wall(), clocks.trust(), EnergyMeters.forHardware(identity.hardwareClass()));
        WorkerSettings workers = WorkerSettings.DEFAULT.withJavaCommand(settings.javaCommand());
        ProcessModelHost host = ProcessModelHost.at(home.root(), workers, SysRoot.MACHINE);
        return new Neighbourhood(
                home, settings, identity, host, new Inputs(feeds, surroundings), new Held(store, factoryModels));
    }

    @Override
    public Link link(Predicate<LinkEvent> sink, Uplink.Presences presences) {
        if (!identity.isEnrolled()) {
            return new NoLink();
        }
        Identity.Broker broker = identity.broker();
        LinkSettings link = new LinkSettings(
                broker.url(),
                broker.authorities().certificates(),
                identity.device(),
                broker.username(),
                broker.password(),
                LinkSettings.KEEP_ALIVE,
                LinkSettings.SESSION_EXPIRY);
        return new PahoLink(link, presences::earliestNow, presences::will, sink, new SecureRandom());
    }

    @Override
    public Models models(Consumer<Event> answers, Consumer<Window> windows) {
        Map<SlotName, SlotServer> servers = new TreeMap<>();
        settings.slots().forEach((name, slot) -> {
            ServedSlot.Feed feed = Objects.requireNonNull(feeds.get(name), "a feed was opened for each slot");
            WindowRecorder recorder =
                    new WindowRecorder(name, slot.name(), settings.windowInterval(), surroundings, windows);
            servers.put(name, ServedSlot.start(name, feed, Pacer.system(), recorder));
        });
        settings.apiPort().ifPresent(port -> openApi(port, servers));
        return new WorkerModels(
                new SlotWorkers.Parts(home, store, host, Neighbourhood::ramAvailable, answers), servers);
    }

    @Override
    public Map<SlotName, Factory> factories(Models models) {
        Board board = Board.ofThisMachine();
        return factoryModels.look(
                store,
                (slot, variant) -> new DeviceLimits(
                        board.ramAvailableBytes().orElse(0),
                        0,
                        board.abi(),
                        models.runtimes(),
                        models.findMisfit(slot, variant).orElse(null)));
    }

    /** An agent whose port is taken goes on: its first duty is the models. */
    private void openApi(int port, Map<SlotName, SlotServer> servers) {
        try {
            api = LocalApi.start(port, servers, Agent.version());
            LOG.info("api-open", "url", "http://127.0.0.1:" + port + "/v2");
        } catch (IOException e) {
            LOG.warn("api-not-open", "reason", String.valueOf(e.getMessage()));
        }
    }

    @Override
    public Supervisor supervisor() {
        return Systemd.find(System.getenv());
    }

    /** A machine that does not say is taken to have plenty: refusing to switch there would help nobody. */
    private static long ramAvailable() {
        return Board.ofThisMachine().ramAvailableBytes().orElse(Long.MAX_VALUE);
    }

    @Override
    public void close() {
        if (api != null) {
            api.close();
        }
        host.close();
    }
}
