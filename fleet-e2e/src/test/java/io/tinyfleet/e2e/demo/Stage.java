package io.tinyfleet.e2e.demo;

import io.tinyfleet.e2e.process.FleetApi;
import io.tinyfleet.e2e.process.FreePort;
import io.tinyfleet.e2e.process.Installation;
import io.tinyfleet.e2e.process.LoggedProcess;
import io.tinyfleet.e2e.process.ServerProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A server on its own home and fixed ports, which can be killed and started again, and the agents of a story. */
public final class Stage implements AutoCloseable {

    private final Installation installation = Installation.ofSystemProperty();
    private final Path home;
    private final ServerProcess.Ports ports;
    private final List<String> properties;
    private final Deque<LoggedProcess> agents = new ArrayDeque<>();
    private @Nullable ServerProcess server;
    private String password = "";

    public Stage(Path home, ServerProcess.Ports ports, String... properties) {
        this.home = home;
        this.ports = ports;
        this.properties = List.of(properties);
    }

    public static ServerProcess.Ports freePorts() throws IOException {
        return new ServerProcess.Ports(FreePort.take(), FreePort.take());
    }

    public ServerProcess startServer() throws IOException {
        ServerProcess started = ServerProcess.start(
                installation, home.resolve("server"), ports, home.resolve("logs/server.log"), properties);
        server = started;
        password = started.adminPassword().orElse(password);
        return started;
    }

    ServerProcess server() {
        if (server == null) {
            throw new IllegalStateException("the server has not been started");
        }
        return server;
    }

    String password() {
        return password;
    }

    public Installation installation() {
        return installation;
    }

    public FleetApi api() {
        return FleetApi.withPassword(server().http(), "admin", password);
    }

    public DemoFleet fleet() {
        return new DemoFleet(installation, home, server(), api(), new Progress(System.out, 1));
    }

    LoggedProcess startAgent(DemoDevice device) throws IOException {
        LoggedProcess agent = fleet().startAgent(device);
        agents.push(agent);
        return agent;
    }

    @Override
    public void close() {
        agents.forEach(LoggedProcess::close);
        if (server != null) {
            server.close();
        }
    }
}
