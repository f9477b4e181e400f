package io.tinyfleet.e2e.faults;

import io.tinyfleet.agent.Agent;
import io.tinyfleet.agent.install.AgentHome;
import io.tinyfleet.agent.install.NioDisk;
import java.nio.file.Path;

/** The shipped agent's command {@code run}, but for its disk. Arguments: home, {@link FaultyDisk.Ending}, change. */
public final class FaultyAgent {
    private FaultyAgent() {}

    public static void main(String[] arguments) throws Exception {
        AgentHome home = new AgentHome(Path.of(arguments[0]));
        FaultyDisk.Ending ending = FaultyDisk.Ending.valueOf(arguments[1]);
        Agent.runOn(new FaultyDisk(new NioDisk(), home.root(), ending, Integer.parseInt(arguments[2])), home);
    }
}
